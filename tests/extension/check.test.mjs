import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { check } from "../../extension/background/check.js";
import { createPreferences } from "../../extension/background/preferences.js";
import { createViews } from "../../extension/background/views.js";
import { DEFAULTS } from "../../extension/shared/settings.js";
import { storageArea } from "./storage.mjs";

const CONTESTED = JSON.parse(readFileSync(new URL("../contract/report-quoted-contested.json", import.meta.url), "utf8"));
const TEXT = CONTESTED.request.body.text;
const REPORT = CONTESTED.response;
const TECHNIQUE = /** @type {Technique} */ ({ id: "justification_by_provocation", name: "Justification by provocation" });
const PAGE = /** @type {Source} */ ({ where: "page", frameId: 0, part: "selection", site: "news.test" });

/**
 * The means of a check, each a stand-in that can be replaced.
 *
 * @param {{answer?: any, catalogue?: any, placed?: boolean[]}} [given]
 */
function setting({ answer = { kind: "report", report: REPORT }, catalogue, placed = [true] } = {}) {
  /** @type {(View | null)[]} */
  const history = [];
  /** @type {Mark[][]} */
  const painted = [];
  /** @type {number[][]} */
  const shown = [];
  const session = storageArea();
  const preferences = createPreferences({ local: storageArea(), session });
  const views = createViews(session, async (_tabId, view) => void history.push(view));
  const techniques = { [TECHNIQUE.id]: TECHNIQUE, slogan: { ...TECHNIQUE, id: "slogan" } };
  const means = {
    api: {
      check: async () => answer,
      techniques: async () => catalogue ?? { kind: /** @type {const} */ ("techniques"), techniques },
      health: async () => ({ kind: /** @type {const} */ ("down") }),
    },
    page: {
      /** @param {[number, string, number, Mark[], number[]]} request */
      paint: async (...[, , , marks, visible]) => {
        painted.push(marks);
        shown.push(visible);
        return placed;
      },
    },
    views,
    preferences,
    settings: async () => DEFAULTS,
  };
  return { means, views, preferences, history, painted, shown };
}

/** @param {Source} source */
const reading = (source, text = TEXT) => async () => ({ source, text });

describe("a check", () => {
  test("goes from checking to a result, with the techniques that it names", async () => {
    const { means, history, painted } = setting();
    await check(7, "run", reading(PAGE), means);
    assert.deepEqual(history.map((view) => view?.kind), ["checking", "checking", "result"]);
    const result = /** @type {View & {kind: "result"}} */ (history.at(-1));
    assert.deepEqual(Object.keys(result.techniques), [TECHNIQUE.id]);
    assert.equal(result.rows[0]?.placed, "page");
    assert.equal(result.rows[0]?.contestedBy, "Monitors recorded no raid that week.");
    const [flag] = REPORT.flags;
    assert.deepEqual(painted, [[{ start: flag.start_utf16, end: flag.end_utf16, quote: flag.text, group: flag.group }]]);
  });

  test("lists as lost what the page does not find again", async () => {
    const { means, views } = setting({ placed: [false] });
    await check(7, "run", reading(PAGE), means);
    const view = /** @type {View & {kind: "result"}} */ (await views.read(7));
    assert.equal(view.rows[0]?.placed, "lost");
  });

  test("never asks to paint a flag whose offsets contradict its words", async () => {
    const { means, painted } = setting();
    await check(7, "run", reading(PAGE, `x${TEXT}`), means);
    assert.equal(painted[0]?.[0]?.quote, "");
  });

  test("lists the passages of a field and paints nothing", async () => {
    const { means, views, painted } = setting();
    await check(7, "run", reading({ ...PAGE, where: "field" }), means);
    const view = /** @type {View & {kind: "result"}} */ (await views.read(7));
    assert.deepEqual(view.rows.map((row) => row.placed), ["list"]);
    assert.deepEqual(painted, []);
  });

  test("keeps a dismissed passage, and lets the page hide its mark", async () => {
    const { means, views, preferences, painted, shown } = setting();
    const [{ technique, text }] = REPORT.flags;
    await check(7, "run", reading(PAGE), means);
    await preferences.dismiss({ technique, text, site: "news.test" });
    await check(7, "run", reading(PAGE), means);
    await check(7, "run", reading({ ...PAGE, site: "other.test" }), means);
    assert.deepEqual(painted.map((marks) => marks.length), [1, 1, 1]);
    assert.deepEqual(shown, [[0], [], [0]]);
    assert.equal(/** @type {View & {kind: "result"}} */ (await views.read(7)).rows.length, 1);
  });

  test("keeps the source of a failure, so that the same text can be checked again", async () => {
    const { means, views } = setting({ answer: { kind: "down" } });
    await check(7, "run", reading(PAGE), means);
    assert.deepEqual(await views.read(7), { run: "run", kind: "failure", source: PAGE, failure: { kind: "down" }, port: 8712 });
  });

  test("says what the page failed at", async () => {
    const { means, views } = setting();
    await check(7, "run", async () => ({ kind: "noSelection" }), means);
    const view = /** @type {View & {kind: "failure"}} */ (await views.read(7));
    assert.deepEqual(view.failure, { kind: "noSelection" });
  });

  test("shows its report even where the techniques cannot be had", async () => {
    const { means, views } = setting({ catalogue: { kind: "error", detail: "" } });
    await check(7, "run", reading(PAGE), means);
    const view = /** @type {View & {kind: "result"}} */ (await views.read(7));
    assert.equal(view.rows.length, 1);
    assert.deepEqual(view.techniques, {});
  });

  test("gives way to a later one, and paints nothing any more", async () => {
    const { means, views, painted } = setting();
    /** @type {(selected: {source: Source, text: string}) => void} */
    let finishFirst = () => {};
    const first = check(7, "first", () => new Promise((done) => (finishFirst = done)), means);
    await check(7, "second", reading(PAGE), means);
    finishFirst({ source: PAGE, text: TEXT });
    await first;
    assert.equal((await views.read(7))?.run, "second");
    assert.equal(painted.length, 1);
  });

  test("stays cleared when it was cleared on its way", async () => {
    const { means, views } = setting();
    await check(7, "run", async () => { await views.forget(7); return { source: PAGE, text: TEXT }; }, means);
    assert.equal(await views.read(7), null);
  });

  test("of one tab leaves another tab's view alone", async () => {
    const { means, views } = setting();
    await check(7, "a", reading(PAGE), means);
    await check(8, "b", reading(PAGE), means);
    assert.deepEqual((await views.all()).map(([tabId, view]) => [tabId, view.run]), [[7, "a"], [8, "b"]]);
    await views.forget(8);
    assert.equal((await views.read(7))?.run, "a");
  });
});
