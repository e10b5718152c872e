// Our part in a page: put there by a reader's gesture, asked by messages.
import { browser } from "../shared/browser.js";
import { toPage } from "../shared/messages.js";
import { reach, lostAmong } from "./reach.js";

/** In this order: each finds in `globalThis.spinmark` what the ones before it have put there. */
export const CONTENT_SCRIPTS = [
  "content/own.js",
  "content/page-text.js",
  "content/article.js",
  "content/selection.js",
  "content/anchor.js",
  "content/follow.js",
  "content/overlay.js",
  "content/content.js",
];
export const CONTENT_STYLE = "content/overlay.css";

// Chromium paints the author's ::highlight rules alone, Firefox paints in shadow roots the user's alone.
const ORIGINS = /** @type {const} */ (["AUTHOR", "USER"]);

/** @type {Record<Part, "noSelection" | "noArticle">} */
const NOTHING = { selection: "noSelection", article: "noArticle" };

/** @typedef {{source: Source, text: string}} Selected */

/**
 * Return the text that is selected in a tab, or the main text of its page.
 *
 * @param {number} tabId
 * @param {string} run
 * @param {Part} part
 * @param {chrome.contextMenus.OnClickData | null} menu what the context menu knows, when it was the gesture
 * @param {string} style what the marks' colours add to overlay.css
 * @returns {Promise<Selected | PageFailure>}
 */
export async function readText(tabId, run, part, menu, style) {
  const frames = await reach(() => inject(tabId, style), () => isGranted(tabId));
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
 * Paint passages; for each, return whether it was found again in the page.
 *
 * @param {number} tabId
 * @param {string} run
 * @param {number} frameId
 * @param {number} from how many marks of the run come before these
 * @param {Mark[]} marks
 * @param {number[]} shown the marks to be seen at once, of all of the run; the others wait for `show`
 * @returns {Promise<boolean[]>}
 */
export async function paint(tabId, run, frameId, from, marks, shown) {
  const placed = await toPage(tabId, frameId, { type: "paint", run, from, marks, shown });
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
 * Give the marks of a tab other colours, where our part lives in its page.
 *
 * @param {number} tabId
 * @param {{before: string, after: string}} styles
 */
export async function recolour(tabId, { before, after }) {
  if ((await toPage(tabId, 0, { type: "alive", run: "" })) === null) return;
  const target = { tabId, allFrames: true };
  try {
    for (const origin of ORIGINS) {
      if (before) await browser.scripting.removeCSS({ target, origin, css: before });
      if (after) await browser.scripting.insertCSS({ target, origin, css: after });
    }
  } catch {
    // The page was left in the meantime, or the grant has ended: the next check brings the new colours.
  }
}

/**
 * Say whether the reader's gesture still lets us into a tab's page: without that its address is kept from us.
 *
 * @param {number} tabId
 */
async function isGranted(tabId) {
  return (await browser.tabs.get(tabId)).url !== undefined;
}

/**
 * @param {number} tabId
 * @param {string} style
 * @returns {Promise<number[]>} the frames that we may speak to
 */
async function inject(tabId, style) {
  const results = await browser.scripting.executeScript({
    target: { tabId, allFrames: true },
    files: CONTENT_SCRIPTS,
  });
  const fresh = results.filter((result) => /** @type {unknown} */ (result.result) === true);
  const lost = await lostAmong(
    fresh.map((result) => result.frameId),
    async (frameIds) => {
      const target = { tabId, frameIds };
      for (const origin of ORIGINS) {
        await browser.scripting.insertCSS({ target, origin, files: [CONTENT_STYLE] });
        if (style) await browser.scripting.insertCSS({ target, origin, css: style });
      }
    },
  );
  return results.map((result) => result.frameId).filter((frameId) => !lost.includes(frameId));
}

/**
 * @param {chrome.contextMenus.OnClickData | null} menu
 * @returns {Selected | null}
 */
function fromMenu(menu) {
  const text = menu?.selectionText ?? "";
  return text.trim() ? { source: { where: "viewer", text }, text } : null;
}
