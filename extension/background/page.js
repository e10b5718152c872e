// Our part in a page: put there by a reader's gesture, asked by messages.
import { browser } from "../shared/browser.js";
import { toPage } from "../shared/messages.js";

/** In this order: each finds in `globalThis.spinmark` what the ones before it have put there. */
export const CONTENT_SCRIPTS = [
  "content/page-text.js",
  "content/article.js",
  "content/anchor.js",
  "content/overlay.js",
  "content/content.js",
];
export const CONTENT_STYLE = "content/overlay.css";

/** @type {Record<Part, PageFailure["kind"]>} */
const NOTHING = { selection: "noSelection", article: "noArticle" };

/** @typedef {{source: Source, text: string}} Selected */

/**
 * Return the text that is selected in a tab, or the main text of its page.
 *
 * @param {number} tabId
 * @param {string} run
 * @param {Part} part
 * @param {chrome.contextMenus.OnClickData | null} menu what the context menu knows, when it was the gesture
 * @returns {Promise<Selected | PageFailure>}
 */
export async function readText(tabId, run, part, menu) {
  const frames = await reach(() => inject(tabId));
  if ("kind" in frames) return fromMenu(menu) ?? frames;
  const answers = await Promise.all(
    frames.map(async (frameId) => {
      const request = /** @type {const} */ ({ type: "collect", run, part, again: false });
      return { frameId, collected: /** @type {Collected} */ (await toPage(tabId, frameId, request)) };
    }),
  );
  const texts = answers.flatMap(({ frameId, collected }) =>
    collected && collected.where !== "viewer" ? [{ frameId, ...collected }] : [],
  );
  const chosen = texts.find((t) => t.frameId === menu?.frameId) ?? texts.find((t) => t.focused) ?? texts[0];
  if (chosen) {
    const { where, frameId, site, url, text } = chosen;
    return { source: { where, frameId, part: chosen.part, site, url }, text };
  }
  const inViewer = answers.some(({ collected }) => collected?.where === "viewer");
  return fromMenu(menu) ?? { kind: inViewer ? "viewer" : NOTHING[part] };
}

/**
 * Return the text of an earlier check, which the page still holds though nothing may be selected now.
 *
 * @param {number} tabId
 * @param {string} run
 * @param {Source} source
 * @returns {Promise<Selected | PageFailure>}
 */
export async function sameText(tabId, run, source) {
  if (source.where === "viewer") return { source, text: source.text };
  const collected = /** @type {Collected} */ (
    await toPage(tabId, source.frameId, { type: "collect", run, part: source.part, again: true })
  );
  return collected && collected.where !== "viewer" ? { source, text: collected.text } : { kind: NOTHING[source.part] };
}

/**
 * Return the text of a run whose marks stay as they are, or null where the page no longer holds it.
 *
 * @param {number} tabId
 * @param {string} run
 * @param {Source} source
 * @returns {Promise<string | null>}
 */
export async function textOf(tabId, run, source) {
  return source.where === "viewer" ? source.text : toPage(tabId, source.frameId, { type: "text", run });
}

/**
 * Return the frames that `put` reaches, or why it reaches none. A page that is being left or loaded loses a frame
 * in between; it gets a second try.
 *
 * @param {() => Promise<number[]>} put
 * @returns {Promise<number[] | PageFailure>}
 */
export async function reach(put) {
  for (let left = 1; ; left -= 1) {
    try {
      return await put();
    } catch (error) {
      if (isRefusal(/** @type {Error} */ (error).message)) return { kind: "restricted" };
      if (left === 0) return { kind: "unsettled" };
    }
  }
}

/**
 * Say whether a browser keeps extensions out of a page: its own pages, its shop, its error pages, and in Firefox
 * the PDF viewer. Browsers tell that by words alone.
 *
 * @param {string} words
 */
function isRefusal(words) {
  return /cannot access|cannot be scripted|missing host permission|showing error page|not allowed/i.test(words);
}

/**
 * Paint passages; for each, return whether it was found again in the page.
 *
 * @param {number} tabId
 * @param {string} run
 * @param {number} frameId
 * @param {Mark[]} marks
 * @param {number[]} shown the marks to be seen at once; the others wait for `show`
 * @returns {Promise<boolean[]>}
 */
export async function paint(tabId, run, frameId, marks, shown) {
  const placed = await toPage(tabId, frameId, { type: "paint", run, marks, shown });
  return Array.isArray(placed) ? placed : marks.map(() => false);
}

/**
 * Let these marks of a run be seen, and no others.
 *
 * @param {number} tabId
 * @param {string} run
 * @param {Source} source
 * @param {number[]} shown
 */
export async function show(tabId, run, source, shown) {
  if (source.where === "page") await toPage(tabId, source.frameId, { type: "show", run, shown });
}

/**
 * @param {number} tabId
 * @param {Source | null} source
 */
export async function clear(tabId, source) {
  if (source && source.where !== "viewer") await toPage(tabId, source.frameId, { type: "clear" });
}

/**
 * Say whether the page of a run is still there, rather than another one in the same tab; null where nothing of
 * ours lives in it that could be asked.
 *
 * @param {number} tabId
 * @param {string} run
 * @param {Source | null} source
 */
export async function isThere(tabId, run, source) {
  if (!source || source.where === "viewer") return null;
  return (await toPage(tabId, source.frameId, { type: "alive", run })) === true;
}

/**
 * @param {number} tabId
 * @returns {Promise<number[]>} the frames that we may speak to
 */
async function inject(tabId) {
  const results = await browser.scripting.executeScript({
    target: { tabId, allFrames: true },
    files: CONTENT_SCRIPTS,
  });
  const fresh = results.filter((result) => /** @type {unknown} */ (result.result) === true);
  if (fresh.length > 0) {
    const target = { tabId, frameIds: fresh.map((result) => result.frameId) };
    // Chromium paints the author's ::highlight rules alone, Firefox paints in shadow roots the user's alone.
    for (const origin of /** @type {const} */ (["AUTHOR", "USER"])) {
      await browser.scripting.insertCSS({ target, origin, files: [CONTENT_STYLE] });
    }
  }
  return results.map((result) => result.frameId);
}

/**
 * @param {chrome.contextMenus.OnClickData | null} menu
 * @returns {Selected | null}
 */
function fromMenu(menu) {
  const text = menu?.selectionText ?? "";
  return text.trim() ? { source: { where: "viewer", text }, text } : null;
}
