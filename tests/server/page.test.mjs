import assert from "node:assert/strict";
import {test} from "node:test";

import {codePoints, lanes, pieces, utf16Offset} from "../../server/spinmark_server/page/marks.js";
import {counted, resembles, summary, whoSays} from "../../server/spinmark_server/page/words.js";

const flag = (voice, speaker = null, contested = false) => ({attribution: {voice, speaker}, contested});

test("pieces without ranges are the whole text, and none of an empty one", () => {
  assert.deepEqual(pieces(5, []), [{start: 0, end: 5, covering: [], ending: []}]);
  assert.deepEqual(pieces(0, []), []);
});

test("pieces are cut at every edge and know what covers and what ends", () => {
  const ranges = [{start: 2, end: 8}, {start: 4, end: 8}, {start: 8, end: 9}];
  assert.deepEqual(pieces(10, ranges), [
    {start: 0, end: 2, covering: [], ending: []},
    {start: 2, end: 4, covering: [0], ending: []},
    {start: 4, end: 8, covering: [0, 1], ending: [0, 1]},
    {start: 8, end: 9, covering: [2], ending: [2]},
    {start: 9, end: 10, covering: [], ending: []},
  ]);
});

test("pieces join to the text and cover every range, whatever the ranges", () => {
  let seed = 7;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 200; round += 1) {
    const length = 1 + random(40);
    const ranges = Array.from({length: random(8)}, () => {
      const start = random(length);
      return {start, end: start + 1 + random(length - start)};
    });
    const cut = pieces(length, ranges);
    assert.equal(cut[0].start, 0);
    assert.equal(cut.at(-1).end, length);
    cut.slice(1).forEach((piece, i) => assert.equal(piece.start, cut[i].end));
    for (const {start, end, covering} of cut) {
      const expected = ranges.flatMap((r, i) => (r.start <= start && end <= r.end ? [i] : []));
      assert.deepEqual(covering, expected);
    }
    assert.deepEqual(cut.flatMap((p) => p.ending).sort((a, b) => a - b), ranges.map((_, i) => i));
    const given = lanes(ranges);
    ranges.forEach((a, i) => ranges.forEach((b, j) => {
      if (i !== j && a.start < b.end && b.start < a.end) assert.notEqual(given[i], given[j]);
    }));
  }
});

test("a lane is used again as soon as it is free", () => {
  assert.deepEqual(lanes([{start: 0, end: 5}, {start: 2, end: 9}, {start: 5, end: 7}]), [0, 1, 0]);
  assert.deepEqual(lanes([]), []);
});

test("code points and UTF-16 units part at an emoji", () => {
  assert.equal(utf16Offset("a😀b", 2), 3);
  assert.equal(utf16Offset("a😀b", 99), 4);
  assert.equal(codePoints("a😀b"), 3);
  assert.equal(codePoints("\ud83d"), 1);
});

test("who says it comes in words, with the dispute behind it", () => {
  assert.equal(whoSays(flag("author")), "The author’s own words.");
  assert.equal(whoSays(flag("quoted", "Putin", true)), "Putin, quoted. The text disputes this.");
  assert.equal(whoSays(flag("reported")), "Somebody reported; the text names no speaker.");
});

test("a mark resembles, with two digits", () => {
  assert.equal(resembles("Loaded language", 0.7123), "resembles loaded language (0.71)");
});

test("nothing found is no clean bill", () => {
  const {heading, note} = summary({status: "ok", text_length: 1234, flags: []});
  assert.equal(heading, "Nothing found");
  assert.match(note, /1,234 characters checked/);
  assert.match(note, /no clean bill/);
});

test("each status is told, and a text not read is not called checked", () => {
  assert.match(summary({status: "unsupported_language", text_length: 9, flags: []}).note, /Nothing was checked/);
  assert.doesNotMatch(summary({status: "too_short", text_length: 1, flags: []}).note, /checked/);
  assert.match(summary({status: "truncated", text_length: 9, flags: [1]}).note, /Only the beginning/);
  assert.equal(summary({status: "ok", text_length: 9, flags: [1]}).heading, "One passage resembles a technique");
  assert.equal(counted(1, "character"), "1 character");
});
