import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openPage } from "./page.mjs";

/** @param {Range[] | null} ranges */
const strings = (ranges) => ranges && Array.from(ranges, (range) => range.toString());

describe("anchoring a passage", () => {
  test("a passage within one text node is one range", () => {
    const { read, anchor } = openPage("<p>Their raid made our answer inevitable.</p>");
    assert.deepEqual(strings(anchor(read(), "our answer inevitable")), ["our answer inevitable"]);
  });

  test("a passage that crosses inline tags is one range", () => {
    const { read, anchor } = openPage("<p>our <em>answer <b>was</b></em> inevitable</p>");
    assert.deepEqual(strings(anchor(read(), "answer was inevitable")), ["answer was inevitable"]);
  });

  test("a passage after emoji stands where UTF-16 counts it", () => {
    const { read, anchor } = openPage("<p>🌧️🚜 The dam. 😀 a <i>controlled</i> release</p>");
    assert.deepEqual(strings(anchor(read(), "a controlled release")), ["a controlled release"]);
  });

  test("line breaks of the source are no obstacle", () => {
    const { read, anchor } = openPage("<p>our answer\n     was\tinevitable</p>");
    assert.deepEqual(strings(anchor(read(), "answer was inevitable")), ["answer\n     was\tinevitable"]);
  });

  test("a passage over a block's end has a range in each block", () => {
    const { read, anchor } = openPage("<p>They came.</p>\n<p>We <b>answered</b>.</p>");
    assert.deepEqual(strings(anchor(read(), "came.\nWe answered")), ["came.", "We answered"]);
  });

  test("what is hidden inside a passage is in none of its ranges", () => {
    const { read, anchor } = openPage('<p>our <span style="display:none">(page 4)</span> answer was<script>1</script> late</p>');
    assert.deepEqual(strings(anchor(read(), "our answer was late")), ["our ", "answer was", " late"]);
  });

  test("ranges do not cross the border of a shadow root", () => {
    const { document, read, anchor } = openPage('We said <span id="host"></span> twice.');
    const host = /** @type {Element} */ (document.getElementById("host"));
    host.attachShadow({ mode: "open" }).innerHTML = "it <b>was</b> them";
    assert.deepEqual(strings(anchor(read(), "said it was them twice")), ["said ", "it was them", " twice"]);
  });

  test("the same words elsewhere are not mistaken for the passage", () => {
    const { document, read, spinmark } = openPage("<p>no choice</p><p>no choice</p>");
    const page = read();
    const [range] = spinmark.anchor(page, { start: 10, end: 19, quote: "no choice" });
    assert.equal(range.startContainer, document.querySelectorAll("p")[1]?.firstChild);
  });

  describe("fails closed", () => {
    test("when the quote is not what stands at its offsets", () => {
      const { read, spinmark } = openPage("<p>Their raid made our answer inevitable.</p>");
      assert.equal(spinmark.anchor(read(), { start: 0, end: 5, quote: "their" }), null);
      assert.equal(spinmark.anchor(read(), { start: 0, end: 0, quote: "" }), null);
      assert.equal(spinmark.anchor(read(), { start: 500, end: 505, quote: "Their" }), null);
    });

    test("when the page has changed its words since", () => {
      const { document, read, anchor } = openPage("<p>our answer</p>");
      const page = read();
      /** @type {Text} */ (document.querySelector("p")?.firstChild).data = "our ANSWER";
      assert.equal(anchor(page, "our answer"), null);
    });

    test("when the page has put words between", () => {
      const { document, read, anchor } = openPage("<p>our <b>answer</b></p>");
      const page = read();
      document.querySelector("b")?.before("belated ");
      assert.equal(anchor(page, "our answer"), null);
    });

    test("when the text node was shortened", () => {
      const { document, read, anchor } = openPage("<p>our answer</p>");
      const page = read();
      /** @type {Text} */ (document.querySelector("p")?.firstChild).data = "our";
      assert.equal(anchor(page, "our answer"), null);
    });

    test("when the text node has left the page", () => {
      const { document, read, anchor } = openPage("<p>our answer</p>");
      const page = read();
      document.querySelector("p")?.replaceChildren("our answer");
      assert.equal(anchor(page, "our answer"), null);
    });

    test("when a passage is a line break alone", () => {
      const { read, anchor } = openPage("<p>a</p><p>b</p>");
      assert.equal(anchor(read(), "\n"), null);
    });
  });

  test("every word of a page with all its quirks is found again, and reads the same", () => {
    const { read, spinmark } = openPage(
      "<h1>A  <i>title</i></h1><p>one\n two<br>three <b>fo</b>ur 😀😀 <span hidden>x</span> five</p>" +
        "<pre>six  seven\n eight</pre><ul><li>nine</li><li>t<u>e</u>n</li></ul>",
    );
    const page = read();
    const words = [...page.text.matchAll(/\S+/g)];
    assert.equal(words.length, 13);
    for (const word of words) {
      const start = word.index;
      const ranges = spinmark.anchor(page, { start, end: start + word[0].length, quote: word[0] });
      assert.equal(strings(ranges)?.join(""), word[0]);
    }
  });
});
