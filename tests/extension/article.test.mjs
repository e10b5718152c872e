import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openPage } from "./page.mjs";

const ONE = "The council met on Tuesday evening and agreed to repair the old bridge over the river.";
const TWO = "Nobody who lives on the other bank had been asked, a spokeswoman for the residents said.";
const THREE = "The work is to begin in spring, and buses will take the long way round until the autumn.";
const COMMENT = "I have lived on the other bank for thirty years and I was never asked about anything at all.";

/** @param {string} html */
const articleOf = (html) => openPage(html).readArticle()?.text ?? null;

/** @param {string[]} paragraphs */
const paragraphs = (...paragraphs) => paragraphs.map((text) => `<p>${text}</p>`).join("\n");

describe("the main text of a page", () => {
  /** @type {[string, string, string | null][]} */
  const cases = [
    [
      "is the article, without the page's navigation, header, side stories and footer",
      `<header><p>The Odla Courier</p><nav><a href="/">News</a></nav></header>
       <main><article><h1>Bridge</h1>${paragraphs(ONE, TWO)}</article><aside><p>${THREE}</p></aside></main>
       <footer><p>${COMMENT}</p></footer>`,
      `Bridge\n${ONE}\n${TWO}`,
    ],
    [
      "is told by its roles as well",
      `<div role="navigation"><p>${THREE}</p></div><div role="article"><p>${ONE}</p><p>${TWO}</p></div>
       <div role="contentinfo"><p>${COMMENT}</p></div>`,
      `${ONE}\n${TWO}`,
    ],
    [
      "is found without any marked element, by where the running text stands",
      `<div><ul><li>News</li><li>Weather</li></ul></div><div><div>${paragraphs(ONE, TWO, THREE)}</div><div>Most read</div></div>`,
      `${ONE}\n${TWO}\n${THREE}`,
    ],
    [
      "takes its headline along from outside",
      `<h1>Courier</h1><div><h1>Bridge to be <i>repaired</i></h1><div>By our reporter</div><div>${paragraphs(ONE, TWO)}</div></div>`,
      `Bridge to be repaired\n${ONE}\n${TWO}`,
    ],
    [
      "has no second headline where it has one of its own",
      `<h1>Courier</h1><div><h1>Bridge</h1>${paragraphs(ONE, TWO)}</div>`,
      `Bridge\n${ONE}\n${TWO}`,
    ],
    [
      "keeps the header of the article itself",
      `<article><header><h1>Bridge</h1><p>No one asked us</p></header>${paragraphs(ONE)}</article>`,
      `Bridge\nNo one asked us\n${ONE}`,
    ],
    [
      "leaves out lines that are links from end to end, but not links within a line",
      `<article><h1><a href="/1">Bridge</a></h1>${paragraphs(ONE)}<p><a href="/2">Read more: the winter timetable</a></p>
       <p>${TWO} <a href="/3">She</a> would not say more.</p></article>`,
      `Bridge\n${ONE}\n${TWO} She would not say more.`,
    ],
    [
      "leaves the comments below a marked article out",
      `<main><article>${paragraphs(ONE, TWO)}</article><section>${paragraphs(COMMENT)}</section></main>`,
      `${ONE}\n${TWO}`,
    ],
    [
      "is the whole list where no story is more than half of it",
      `<main><article>${paragraphs(ONE)}</article><article>${paragraphs(TWO)}</article><article>${paragraphs(THREE)}</article></main>`,
      `${ONE}\n${TWO}\n${THREE}`,
    ],
    [
      "has its lists, tables and quotations",
      `<article>${paragraphs(ONE)}<ul><li>spring</li></ul><table><tr><td>a</td><td>b</td></tr></table><blockquote>${TWO}</blockquote></article>`,
      `${ONE}\nspring\na\nb\n${TWO}`,
    ],
    [
      "has no buttons and labels, nor what is hidden",
      `<article>${paragraphs(ONE)}<button>Share this</button><p hidden>${COMMENT}</p><label>Your address <input></label>${paragraphs(TWO)}</article>`,
      `${ONE}\n${TWO}`,
    ],
    [
      "parts what stands on both sides of something left out",
      `<article>${ONE}<aside>Advertisement</aside>${TWO}</article>`,
      `${ONE}\n${TWO}`,
    ],
    [
      "does not exist on a page of headlines",
      `<main><h2><a href="/1">${ONE}</a></h2><h2><a href="/2">${TWO}</a></h2><p>Weather</p></main>`,
      null,
    ],
    ["does not exist on an empty page", "", null],
  ];
  for (const [name, html, expected] of cases) test(name, () => assert.equal(articleOf(html), expected));

  test("is read out of a shadow root", () => {
    const { document, readArticle } = openPage('<nav>News</nav><div id="host"></div><p>Imprint</p>');
    const host = /** @type {Element} */ (document.getElementById("host"));
    host.attachShadow({ mode: "open" }).innerHTML = `<nav>Sections</nav><article>${paragraphs(ONE, TWO)}</article>`;
    assert.equal(readArticle()?.text, `${ONE}\n${TWO}`);
  });

  test("has pieces that lead back to the page, past the lines left out", () => {
    const { document, readArticle, anchor } = openPage(
      `<h1>A 😀 bridge</h1><div>By us</div><div>${paragraphs(ONE)}<p><a href="/2">More</a></p><p>Nobody <b>who</b> lives${TWO.slice(16)}</p></div>`,
    );
    const page = /** @type {PageText} */ (readArticle());
    assert.equal(page.text, `A 😀 bridge\n${ONE}\n${TWO}`);
    for (const quote of ["😀 bridge", "the old bridge", "Nobody who lives"]) {
      assert.deepEqual(Array.from(anchor(page, quote) ?? [], String), [quote]);
    }
    assert.deepEqual(Array.from(anchor(page, "river.\nNobody who") ?? [], String), ["river.", "Nobody who"]);
    const [range] = /** @type {Range[]} */ (anchor(page, "the old bridge"));
    assert.equal(range?.startContainer, document.querySelector("p")?.firstChild);
  });

  test("is found without a change to the page", () => {
    const { document, readArticle } = openPage(`<nav>News</nav><article>${paragraphs(ONE)}</article>`);
    const before = document.documentElement.outerHTML;
    readArticle();
    assert.equal(document.documentElement.outerHTML, before);
  });
});
