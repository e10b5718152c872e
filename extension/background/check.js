// From a gesture to what the panel shows: read the text, ask the server, paint.
import { agrees, sliceCodePoints } from "../shared/offsets.js";
import { placeInTurn } from "./found.js";

/** How much of a passage's surroundings is kept, in UTF-16 units. */
const CONTEXT = 32;

/**
 * @typedef {import("./page.js").Selected} Selected
 * @typedef {{
 *   api: Pick<ReturnType<typeof import("./api.js").createApi>, "check" | "techniques">,
 *   page: Pick<typeof import("./page.js"), "paint" | "clear">,
 *   runs: Pick<ReturnType<typeof import("./runs.js").createRuns>, "begin">,
 *   views: ReturnType<typeof import("./views.js").createViews>,
 *   preferences: Pick<ReturnType<typeof import("./preferences.js").createPreferences>, "shownOf">,
 *   settings: () => Promise<Settings>,
 * }} Means
 */

/**
 * Check a text of a tab and keep the view up to date on the way. Of two checks that overlap the later wins.
 *
 * @param {number} tabId
 * @param {string} run
 * @param {() => Promise<Selected | PageFailure>} read
 * @param {Means} means
 */
export async function check(tabId, run, read, means) {
  const { api, page, runs, views, settings } = means;
  const signal = runs.begin(tabId, run);
  // What is told on the way is not waited for before the next step: a reader waits for the marks.
  const begun = views.begin(tabId, { run, kind: "checking", source: null, words: 0, progress: null });
  const [selected, { port }] = await Promise.all([read(), settings()]);
  await begun;
  if ("kind" in selected) {
    await views.advance(tabId, { run, kind: "failure", source: null, failure: selected, port });
    return;
  }
  const { source, text } = selected;
  const checking = /** @type {const} */ ({ run, kind: "checking", source, words: text.match(/\S+/g)?.length ?? 0 });
  const told = views.advance(tabId, { ...checking, progress: null });
  let isAnswered = false;
  const marking = markInTurn(tabId, run, selected, means, signal, async (progress) => {
    await told;
    if (!isAnswered) await views.advance(tabId, { ...checking, progress });
  });
  const found = (/** @type {Flag} */ flag) => marking.add(flag);
  const described = api.techniques();
  const [answer] = await Promise.all([api.check(text, { signal, found }), told]);
  isAnswered = true;
  if (answer.kind !== "report") {
    // Half a list would read as a whole one.
    if (marking.count() > 0 && (await views.isCurrent(tabId, run))) await page.clear(tabId, source);
    await views.advance(tabId, { run, kind: "failure", source, failure: answer, port });
    return;
  }
  if (!(await views.isCurrent(tabId, run))) return;
  const { report } = answer;
  marking.add(...report.flags.slice(marking.count()));
  const places = await marking.places();
  const catalogue = await described;
  await views.advance(tabId, {
    run,
    kind: "result",
    source,
    status: report.status,
    language: report.language,
    length: report.text_length,
    model: report.model,
    summary: report.summary,
    rows: rowsOf(text, report.flags, places),
    techniques: catalogue.kind === "techniques" ? named(report.flags, catalogue.techniques) : {},
  });
}

/**
 * Mark flags in the page as they come, where their text can be marked.
 *
 * @param {number} tabId
 * @param {string} run
 * @param {Selected} selected
 * @param {Means} means
 * @param {AbortSignal} signal once it is aborted nothing is marked any more: the page may have been cleared
 * @param {(progress: Progress) => Promise<void>} tell hears of every batch before it is marked
 */
function markInTurn(tabId, run, { source, text }, { page, preferences }, signal, tell) {
  /** @type {Flag[]} */
  const flags = [];
  const turns = placeInTurn(async (/** @type {Flag[]} */ batch, from) => {
    const last = /** @type {Flag} */ (batch.at(-1));
    await tell({ found: from + batch.length, reached: Math.min(1, last.end_utf16 / text.length) });
    if (source.where !== "page") return batch.map(() => /** @type {const} */ ("list"));
    // One mark for each flag, so that both count alike; a flag that contradicts the text gets an empty one.
    const marks = batch.map((flag) => ({
      start: flag.start_utf16,
      end: flag.end_utf16,
      quote: agrees(text, flag) ? flag.text : "",
      group: flag.group,
    }));
    const { shown } = await preferences.shownOf(flags.slice(0, from + batch.length), source);
    if (signal.aborted) return batch.map(() => /** @type {const} */ ("lost"));
    const placed = await page.paint(tabId, run, source.frameId, from, marks, shown);
    return placed.map((isFound) => /** @type {Row["placed"]} */ (isFound ? "page" : "lost"));
  });
  return {
    /** @param {Flag[]} more */
    add(...more) {
      flags.push(...more);
      turns.add(...more);
    },
    count: () => flags.length,
    places: turns.places,
  };
}

/**
 * @param {string} text
 * @param {Flag[]} flags
 * @param {Row["placed"][]} places
 * @returns {Row[]}
 */
function rowsOf(text, flags, places) {
  return flags.map((flag, i) => ({
    flag,
    placed: places[i] ?? "lost",
    contestedBy: flag.contested_by && sliceCodePoints(text, flag.contested_by.start, flag.contested_by.end),
    prefix: text.slice(Math.max(0, flag.start_utf16 - CONTEXT), flag.start_utf16).toWellFormed(),
    suffix: text.slice(flag.end_utf16, flag.end_utf16 + CONTEXT).toWellFormed(),
  }));
}

/**
 * @param {Flag[]} flags
 * @param {Record<string, Technique>} techniques
 */
function named(flags, techniques) {
  const ids = new Set(flags.map((flag) => flag.technique));
  return Object.fromEntries(Object.entries(techniques).filter(([id]) => ids.has(id)));
}
