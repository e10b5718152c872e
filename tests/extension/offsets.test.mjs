import assert from "node:assert/strict";
import { test } from "node:test";
import { agrees, sliceCodePoints, utf16Offset } from "../../extension/shared/offsets.js";

test("code points before an emoji count as they are, behind it one less", () => {
  assert.equal(utf16Offset("a😀b", 1), 1);
  assert.equal(utf16Offset("a😀b", 2), 3);
  assert.equal(utf16Offset("a😀b", 3), 4);
  assert.equal(utf16Offset("a😀b", 99), 4);
});

test("a slice by code points takes whole emoji", () => {
  assert.equal(sliceCodePoints("🌧🚜 dam 😀 breach", 3, 8), "dam 😀");
  assert.equal(sliceCodePoints("plain", 1, 3), "la");
  assert.equal(sliceCodePoints("plain", 3, 3), "");
});

test("a flag agrees with a text only where its words stand at its offsets", () => {
  const text = "😀 our answer";
  const flag = /** @type {Flag} */ ({ start_utf16: 3, end_utf16: 13, text: "our answer" });
  assert.ok(agrees(text, flag));
  assert.ok(!agrees(text, { ...flag, start_utf16: 2 }));
  assert.ok(!agrees(text, { ...flag, text: "our" }));
  assert.ok(!agrees(text, { ...flag, end_utf16: 3, text: "" }));
});
