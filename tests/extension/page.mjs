// A page without a browser: jsdom, with the content scripts run in it as they would be injected.
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";

const CONTENT = new URL("../../extension/content/", import.meta.url);

/** @param {string} html the body */
export function openPage(html) {
  const { window } = new JSDOM(`<!doctype html><body>${html}</body>`, { runScripts: "outside-only" });
  const { document } = window;
  const inject = () => {
    for (const file of ["own.js", "page-text.js", "article.js", "anchor.js", "follow.js"]) window.eval(readFileSync(new URL(file, CONTENT), "utf8"));
  };
  inject();
  const { spinmark } = /** @type {any} */ (window);

  /**
   * Read what lies between two boundaries.
   *
   * @param {Boundaries} selected
   * @returns {PageText | null}
   */
  const readBetween = (selected) => spinmark.pageText(document.documentElement, selected);

  return {
    document,
    spinmark,
    inject,
    readBetween,

    /** @param {Node} [node] */
    read(node = document.body) {
      const range = document.createRange();
      range.selectNodeContents(node);
      const page = readBetween(range);
      if (!page) throw new Error("nothing was read");
      return page;
    },

    /** @returns {PageText | null} */
    readArticle: () => spinmark.article(document.documentElement),

    /**
     * Anchor the first place of a passage.
     *
     * @param {PageText} page
     * @param {string} quote
     * @returns {Range[] | null}
     */
    anchor(page, quote) {
      const start = page.text.indexOf(quote);
      if (start < 0) throw new Error(`not in the text: ${quote}`);
      return spinmark.anchor(page, { start, end: start + quote.length, quote });
    },
  };
}
