// What a reader found no help, on this machine alone: listed in the options, and theirs to hand on or delete.

export const JUDGEMENTS_KEY = "judgements";

/**
 * @param {Pick<chrome.storage.StorageArea, "get">} storage
 * @returns {Promise<Judgement[]>}
 */
export async function readJudgements(storage) {
  return /** @type {Judgement[] | undefined} */ ((await storage.get(JUDGEMENTS_KEY))[JUDGEMENTS_KEY]) ?? [];
}

/**
 * @param {Flag} flag
 * @param {Model} model
 * @param {Source} source
 * @param {Date} time
 * @returns {Judgement}
 */
export function judgementOf(flag, model, source, time) {
  return {
    technique: flag.technique,
    confidence: flag.confidence,
    voice: flag.attribution.voice,
    model: `${model.name} ${model.version}`,
    quote: flag.text,
    // The address itself may tell more than its reader means to hand on.
    origin: source.where === "viewer" ? "" : new URL(source.url).origin,
    time: time.toISOString(),
  };
}

/**
 * Say whether two judge the same passage alike, whenever that was.
 *
 * @param {Judgement} a
 * @param {Judgement} b
 */
export function isSameJudgement(a, b) {
  return a.technique === b.technique && a.quote === b.quote && a.origin === b.origin;
}

/**
 * Return one line of JSON for each.
 *
 * @param {Judgement[]} judgements
 */
export const toJsonLines = (judgements) => judgements.map((judgement) => `${JSON.stringify(judgement)}\n`).join("");
