// What a reader does, and what is then to be seen in the page and in the panel.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { isDeepStrictEqual } from "node:util";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** @typedef {import("puppeteer-core").Page} Page */

/**
 * Select all that an element holds.
 *
 * @param {Page} page
 * @param {string} selector `>>>` goes into shadow roots
 */
export async function select(page, selector) {
  const element = await page.waitForSelector(selector);
  await element?.evaluate((node) => getSelection()?.selectAllChildren(node));
}

/**
 * Select all that the first frame of a page holds, as a reader does who works in it.
 *
 * @param {Page} page
 */
export async function selectInFrame(page) {
  const handle = await page.waitForSelector("iframe");
  const frame = await handle?.contentFrame();
  if (!frame) throw new Error("the frame is missing");
  await frame.waitForSelector("p");
  await frame.evaluate(() => {
    focus();
    getSelection()?.selectAllChildren(document.body);
  });
  return frame;
}

/**
 * Return what the panel says once it has left the state of checking.
 *
 * @param {Page} panel
 * @param {string} state
 * @returns {Promise<ReturnType<typeof panelWords>>}
 */
export async function readPanel(panel, state) {
  try {
    await panel.waitForSelector(`body[data-state="${state}"]`);
  } catch (error) {
    const instead = await panel.evaluate(() => `${document.body.dataset.state}: ${document.body.innerText}`);
    throw new Error(`the panel does not come to "${state}", it shows ${instead}`, { cause: error });
  }
  return panel.evaluate(`(${panelWords})(document)`);
}

/**
 * Return the same of whichever browser's panel.
 *
 * @param {{inPanel: (selector: string, f: (document: Document) => unknown) => Promise<any>}} browser
 * @param {string} state
 * @returns {Promise<ReturnType<typeof panelWords>>}
 */
export const listedIn = (browser, state = "result") => browser.inPanel(`body[data-state="${state}"]`, panelWords);

/**
 * Travels to the panel as text.
 *
 * @param {Document} document
 */
function panelWords(document) {
  const words = (/** @type {Element | null | undefined} */ element) => element?.textContent?.trim() ?? "";
  return {
    status: words(document.querySelector("#status")),
    facts: words(document.querySelector("#facts")),
    notice: words(document.querySelector("#notice")),
    commands: [...document.querySelectorAll("#notice pre")].map(words),
    rows: [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#rows > li:not([hidden])"))].map((row) => ({
      group: row.dataset.group ?? "",
      placed: row.dataset.placed ?? "",
      voice: words(row.querySelector(".voice")),
      quote: row.querySelector(".words")?.textContent ?? "",
      sureness: words(row.querySelector(".sureness")),
      likeness: (row.querySelector(".likeness")?.firstChild?.textContent ?? "").trim(),
    })),
  };
}

/**
 * Return all that is painted in a page, group by group.
 *
 * @param {Page} page
 */
export async function painted(page) {
  return page.evaluate(() =>
    [...CSS.highlights].flatMap(([name, highlight]) =>
      [...highlight].map((range) => {
        const { commonAncestorContainer: holder } = /** @type {Range} */ (range);
        const element = holder instanceof Element ? holder : holder.parentElement;
        return { name, text: range.toString(), within: element?.closest("[id]")?.id ?? "" };
      }),
    ),
  );
}

/**
 * Return a passage as it reads, whatever space the page's source puts between its words.
 *
 * @param {string} text
 */
export const asRead = (text) => text.replace(/\s+/g, " ").trim();

/**
 * Return the letters of passages, group by group and in the order in which they came; a passage takes several
 * marks where it runs over a block's end or something hidden, so marks and rows compare only when joined.
 *
 * @param {{group: string, text: string}[]} passages
 */
function lettersByGroup(passages) {
  /** @type {Record<string, string>} */
  const letters = {};
  for (const { group, text } of passages) letters[group] = (letters[group] ?? "") + text.replace(/\s/g, "");
  return letters;
}

/** @param {{name: string, text: string}[]} marks */
export const lettersPainted = (marks) =>
  lettersByGroup(marks.map(({ name, text }) => ({ group: /^spinmark-(\w+)/.exec(name)?.[1] ?? name, text })));

/** @param {{group: string, quote: string}[]} rows */
export const lettersListed = (rows) => lettersByGroup(rows.map(({ group, quote }) => ({ group, text: quote })));

/**
 * Wait until a page has the marks of these passages and no others.
 *
 * @param {Page} page
 * @param {{group: string, quote: string}[]} rows
 */
export async function waitUntilPainted(page, rows) {
  const wanted = lettersListed(rows);
  const deadline = AbortSignal.timeout(10_000);
  let found = lettersPainted(await painted(page));
  while (!deadline.aborted && !isDeepStrictEqual(found, wanted)) found = lettersPainted(await painted(page));
  assert.deepEqual(found, wanted);
}

/**
 * Return the faults that axe finds in a page: each its rule and the elements.
 *
 * @param {Page} page
 * @returns {Promise<string[][]>}
 */
export async function faultsOf(page) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => /** @type {any} */ (globalThis).axe.run());
  return violations.map((/** @type {any} */ v) => [v.id, ...v.nodes.map((/** @type {any} */ n) => n.html)]);
}
