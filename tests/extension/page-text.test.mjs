import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openPage } from "./page.mjs";

/** @param {string} html */
const textOf = (html) => openPage(html).read().text;

describe("the text of a page", () => {
  const cases = [
    ["blocks are parted by one line break", "<p>One.</p><div><p>Two.</p></div>Three.", "One.\nTwo.\nThree."],
    ["inline elements do not part words", "in<em>evit</em>able and <b>bold</b>", "inevitable and bold"],
    ["line breaks of the source are spaces", "<p>\n  One\n  sentence.\n</p>\n", "One sentence."],
    ["space across tags collapses into one", "<p>one <b> two </b> three</p>", "one two three"],
    ["a line break element breaks the line", "one <br> two<br><br>three", "one\ntwo\nthree"],
    ["preformatted space is kept", "<pre>a  b\n  c</pre>", "a  b\n  c"],
    ["a no-break space is a letter like others", "<p>9&nbsp;°C &nbsp; x</p>", "9\u00a0°C \u00a0 x"],
    ["scripts and styles are not text", "a<script>1</script><style>p{}</style>b", "ab"],
    ["what is not displayed is not text", 'a <span style="display:none">no</span> b', "a b"],
    ["what is invisible is not text", 'a <i style="visibility:hidden">no</i>b', "a b"],
    ["the visible within the invisible is", '<p style="visibility:hidden">no <b style="visibility:visible">yes</b></p>', "yes"],
    ["a hidden attribute hides", "a<p hidden>no</p>b", "ab"],
    ["closed details show their summary alone", "<details><summary>Sum</summary><p>no</p></details>", "Sum"],
    ["open details show all", "<details open><summary>Sum</summary><p>yes</p></details>", "Sum\nyes"],
    ["a field's text is no text of the page", "a <textarea>no</textarea> b", "a b"],
    ["table cells are parted", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a\nb\nc"],
    ["list items are parted", "<ul><li>a</li><li>b</li></ul>", "a\nb"],
    ["emoji and combining marks stay as they are", "<p>e\u0301 😀🌧️</p>", "e\u0301 😀🌧️"],
    ["soft hyphens and directional marks stay", "<p>pro\u00adpa \u200fאב</p>", "pro\u00adpa \u200fאב"],
    ["markup in text is text", "<p>a &lt;b&gt;</p>", "a <b>"],
  ];
  for (const [name, html, expected] of cases) {
    test(/** @type {string} */ (name), () => assert.equal(textOf(/** @type {string} */ (html)), expected));
  }

  test("each piece says where its letters stand", () => {
    const { read } = openPage("<p>One\n   <em>two</em></p><p>x<script>1</script>😀 three</p>");
    const { text, pieces } = read();
    const covered = pieces.map(({ node, from, at, length }) => {
      const source = node.data.slice(from, from + length).replace(/\s/g, " ");
      assert.equal(source, text.slice(at, at + length));
      return source;
    });
    assert.equal(covered.join(""), text.replaceAll("\n", ""));
  });

  test("a selection is cut where it begins and ends", () => {
    const { document, readBetween } = openPage("<p>First one.</p><p>Second <b>two</b>.</p>");
    const first = document.querySelector("p");
    const bold = document.querySelector("b");
    const page = readBetween({
      startContainer: /** @type {Node} */ (first?.firstChild),
      startOffset: 6,
      endContainer: /** @type {Node} */ (bold?.firstChild),
      endOffset: 2,
    });
    assert.equal(page?.text, "one.\nSecond tw");
  });

  test("boundaries between elements are honoured", () => {
    const { document, readBetween } = openPage("<p>a</p><p>b</p><p>c</p><p>d</p>");
    const page = readBetween({ startContainer: document.body, startOffset: 1, endContainer: document.body, endOffset: 3 });
    assert.equal(page?.text, "b\nc");
  });

  test("a selection that ends in a script ends before it", () => {
    const { document, readBetween } = openPage("<p>a</p><script>1</script><p>b</p>");
    const script = /** @type {Node} */ (document.querySelector("script")?.firstChild);
    const page = readBetween({ startContainer: document.body, startOffset: 0, endContainer: script, endOffset: 1 });
    assert.equal(page?.text, "a");
  });

  test("a boundary outside the drawn page gives nothing", () => {
    const { document, readBetween } = openPage("<p>a</p>");
    const stray = document.createTextNode("stray");
    assert.equal(readBetween({ startContainer: document.body, startOffset: 0, endContainer: stray, endOffset: 1 }), null);
  });

  test("shadow roots are read where they are drawn, with slotted text in its slot", () => {
    const { document, read } = openPage('<p>before</p><div id="host"><b>slotted</b></div><p>after</p>');
    const host = /** @type {Element} */ (document.getElementById("host"));
    host.attachShadow({ mode: "open" }).innerHTML = "<p>top</p><slot></slot><p>bottom</p>";
    assert.equal(read().text, "before\ntop\nslotted\nbottom\nafter");
  });

  test("a million letters are read in one go", () => {
    const { read } = openPage(`<p>${"word, ".repeat(170_000)}</p>`);
    assert.equal(read().text, "word, ".repeat(170_000).trimEnd());
  });

  test("a second injection keeps the first", () => {
    const { spinmark, inject } = openPage("");
    const first = { ...spinmark };
    inject();
    assert.deepEqual({ ...spinmark }, first);
  });
});
