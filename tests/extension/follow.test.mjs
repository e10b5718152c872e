// Marks in a page that changes under them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openPage } from "./page.mjs";

const BEFORE = "The council met on Tuesday and spoke of the bridge for an hour. ";
const QUOTE = "They left us no choice.";
const AFTER = " Nobody on the other bank had been asked about it before.";
const TEXT = `${BEFORE}${QUOTE}${AFTER}`;
const MARK = { start: BEFORE.length, end: BEFORE.length + QUOTE.length, quote: QUOTE };
const { spinmark } = openPage("");

describe("ranges", () => {
  /** @type {[string, (p: any) => void, boolean][]} */
  const changes = [
    ["read as before where something else changed", (p) => p.firstChild.insertData(0, "Update: "), true],
    ["do not once a word within them is another", (p) => p.firstChild.replaceData(BEFORE.length + 5, 4, "gave"), false],
    ["do not once their text is written anew", (p) => void (p.textContent = TEXT), false],
    ["do not once they are gone", (p) => p.remove(), false],
  ];
  for (const [name, change, holds] of changes) {
    test(name, () => {
      const page = openPage(`<p>${TEXT}</p>`);
      const ranges = page.anchor(page.read(), QUOTE);
      change(page.document.querySelector("p"));
      assert.equal(page.spinmark.reads(ranges, QUOTE), holds);
    });
  }
});

/** @param {string} later */
const placeIn = (later) => spinmark.findAgain(TEXT, MARK, later)?.start ?? null;

describe("a passage", () => {
  test("is found again where it has moved to", () => assert.equal(placeIn(`A new headline.\n${TEXT}`), MARK.start + 16));

  test("is found again where one of its neighbours is another now", () => {
    assert.equal(placeIn(`Corrected. ${QUOTE}${AFTER}`), 11);
    assert.equal(placeIn(`${BEFORE}${QUOTE} Corrected.`), MARK.start);
  });

  test("is not found in the same words elsewhere", () => {
    assert.equal(placeIn(`Somebody else said this today: ${QUOTE} That was all.`), null);
    assert.equal(placeIn("Corrected."), null);
  });

  test("that was all of its text is not found elsewhere, where nothing tells that it is the same", () => {
    const mark = { start: 0, end: QUOTE.length - 1, quote: QUOTE.slice(0, -1) };
    assert.equal(spinmark.findAgain(QUOTE, mark, `Corrected.\n${QUOTE}`), null);
  });

  test("is not found where two places are as good", () => assert.equal(placeIn(`${TEXT}\n${TEXT}`), null));
});
