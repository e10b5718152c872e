import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { check } from "../../extension/background/check.js";
import { createPreferences } from "../../extension/background/preferences.js";
import { createRuns } from "../../extension/background/runs.js";
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
 * @param {{answer?: any, catalogue?: any, placed?: boolean[], ask?: (text: string, listening: any) => Promise<any>}} [given]
 */
function setting({ answer = { kind: "report", report: REPORT }, catalogue, placed = [true], ask = async () => answer } = {}) {
  /** @type {(View | null)[]} */
  const history = [];
  /** @type {Mark[][]} */
  const painted = [];
  /** @type {number[][]} */
  const shown = [];
  /** @type {number[]} */
  const cleared = [];
  const session = storageArea();
  const preferences = createPreferences({ local: storageArea(), session });
  const views = createViews(session, async (_tabId, view) => void history.push(view));
  const techniques = { [TECHNIQUE.id]: TECHNIQUE, slogan: { ...TECHNIQUE, id: "slogan" } };
  const means = {
    api: {
      check: ask,
      techniques: async () => catalogue ?? { kind: /** @type {const} */ ("techniques"), techniques },
      health: async () => ({ kind: /** @type {const} */ ("down") }),
    },
    page: {
      /** @param {[number, string, number, number, Mark[], number[]]} request */
      paint: async (...[, , , , marks, visible]) => {
        painted.push(marks);
        shown.push(visible);
        return placed;
      },
      clear: async (/** @type {number} */ tabId) => void cleared.push(tabId),
    },
    runs: createRuns(),
    views,
    preferences,
    settings: async () => DEFAULTS,
  };
  return { means, views, preferences, history, painted, shown, cleared };
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

  test("marks what comes early at once, tells how far it has come, and lists all in the end", async () => {
    const [flag] = REPORT.flags;
    const { means, history, painted } = setting({
      ask: async (_text, { found }) => {
        found(flag);
        while (painted.length === 0) await null;
        return { kind: "report", report: { ...REPORT, flags: [flag, flag] } };
      },
    });
    await check(7, "run", reading(PAGE), means);
    const progress = history.flatMap((view) => (view?.kind === "checking" && view.progress ? [view.progress] : []));
    assert.deepEqual(progress, [{ found: 1, reached: flag.end_utf16 / TEXT.length }]);
    assert.deepEqual(painted.map((marks) => marks.length), [1, 1]);
    const result = /** @type {View & {kind: "result"}} */ (history.at(-1));
    assert.deepEqual(result.rows.map((row) => row.placed), ["page", "page"]);
  });

  test("takes its early marks away where the rest does not come", async () => {
    const { means, views, cleared } = setting({
      ask: async (_text, { found }) => {
        found(REPORT.flags[0]);
        return { kind: "down" };
      },
    });
    await check(7, "run", reading(PAGE), means);
    assert.deepEqual(cleared, [7]);
    assert.equal((await views.read(7))?.kind, "failure");
  });

  test("calls off the one before it in the same tab, and no other tab's", async () => {
    /** @type {AbortSignal[]} */
    const signals = [];
    const { means } = setting({
      ask: async (_text, { signal }) => {
        signals.push(signal);
        return { kind: "report", report: REPORT };
      },
    });
    await check(7, "a", reading(PAGE), means);
    await check(8, "b", reading(PAGE), means);
    await check(7, "c", reading(PAGE), means);
    means.runs.end(8, "b");
    means.runs.end(7, "a");
    assert.deepEqual(signals.map((signal) => signal.aborted), [true, true, false]);
  });

  test("stays cleared when it was cleared on its way", async () => {
    const { means, views } = setting();
    await check(7, "run", async () => { await views.forget(7); return { source: PAGE, text: TEXT }; }, means);
    assert.equal(await views.read(7), null);
  });

  test("stays where the page before it is forgotten late", async () => {
    const { means, views } = setting();
    await check(7, "old", reading(PAGE), means);
    await Promise.all([views.forget(7, "old"), check(7, "new", reading(PAGE), means), views.forget(7, "old")]);
    assert.deepEqual([(await views.read(7))?.run, (await views.read(7))?.kind], ["new", "result"]);
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
