// From a gesture to what the panel shows: read the text, ask the server, paint.
import { agrees, sliceCodePoints } from "../shared/offsets.js";

/** How much of a passage's surroundings is kept, in UTF-16 units. */
const CONTEXT = 32;

/**
 * @typedef {import("./page.js").Selected} Selected
 * @typedef {{
 *   api: Pick<ReturnType<typeof import("./api.js").createApi>, "check" | "techniques">,
 *   page: Pick<typeof import("./page.js"), "paint">,
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
  const { api, views, settings } = means;
  await views.begin(tabId, { run, kind: "checking", source: null, words: 0 });
  const selected = await read();
  const { port } = await settings();
  if ("kind" in selected) {
    await views.advance(tabId, { run, kind: "failure", source: null, failure: selected, port });
    return;
  }
  const { source, text } = selected;
  await views.advance(tabId, { run, kind: "checking", source, words: text.match(/\S+/g)?.length ?? 0 });
  const [answer, catalogue] = await Promise.all([api.check(text), api.techniques()]);
  if (answer.kind !== "report") {
    await views.advance(tabId, { run, kind: "failure", source, failure: answer, port });
    return;
  }
  if (!(await views.isCurrent(tabId, run))) return;
  const { report } = answer;
  await views.advance(tabId, {
    run,
    kind: "result",
    source,
    status: report.status,
    language: report.language,
    length: report.text_length,
    model: report.model,
    summary: report.summary,
    rows: await rowsOf(tabId, run, selected, report.flags, means),
    techniques: catalogue.kind === "techniques" ? named(report.flags, catalogue.techniques) : {},
  });
}

/**
 * @param {number} tabId
 * @param {string} run
 * @param {Selected} selected
 * @param {Flag[]} flags
 * @param {Means} means
 * @returns {Promise<Row[]>}
 */
async function rowsOf(tabId, run, { source, text }, flags, { page, preferences }) {
  /** @type {Row["placed"][]} */
  let places = flags.map(() => "list");
  if (source.where === "page") {
    // One mark for each flag, so that both count alike; a flag that contradicts the text gets an empty one.
    const marks = flags.map((flag) => ({
      start: flag.start_utf16,
      end: flag.end_utf16,
      quote: agrees(text, flag) ? flag.text : "",
      group: flag.group,
    }));
    const { shown } = await preferences.shownOf(flags, source);
    const found = await page.paint(tabId, run, source.frameId, marks, shown);
    places = found.map((isFound) => (isFound ? "page" : "lost"));
  }
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
