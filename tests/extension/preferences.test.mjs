import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createPreferences } from "../../extension/background/preferences.js";
import { readDismissals } from "../../extension/shared/dismissals.js";
import { NO_FILTER, readFilter } from "../../extension/shared/filter.js";
import { judgementOf, readJudgements, toJsonLines } from "../../extension/shared/judgements.js";
import { shownOf } from "../../extension/shared/shown.js";
import { storageArea } from "./storage.mjs";

/**
 * @param {string} technique
 * @param {Group} group
 * @param {Voice} voice
 * @param {string} text
 */
const flag = (technique, group, voice, text) => /** @type {Flag} */ ({ technique, group, text, confidence: 0.5, attribution: { voice } });

const FLAGS = [
  flag("slogans", "call", "author", "Now or never"),
  flag("whataboutism", "distraction", "quoted", "What about them?"),
  flag("whataboutism", "distraction", "author", "And what of the port?"),
  flag("loaded_language", "wording", "reported", "vermin"),
];
const ALL = [0, 1, 2, 3];
const SITE = "news.test";

/**
 * @param {Dismissal[]} dismissals
 * @param {Partial<Filter>} filter
 */
const left = (dismissals, filter = {}, site = SITE) => shownOf(FLAGS, site, dismissals, { ...NO_FILTER, ...filter });

describe("a filter", () => {
  test("lets everything through at first", async () => {
    assert.deepEqual(left([], await readFilter(storageArea())), { kept: ALL, shown: ALL });
  });

  test("leaves out whichever voices its reader does not want", () => {
    assert.deepEqual(left([], { hiddenVoices: ["quoted", "reported"] }), { kept: ALL, shown: [0, 2] });
    assert.deepEqual(left([], { hiddenVoices: ["author"] }).shown, [1, 3]);
    assert.deepEqual(left([], { hiddenVoices: ["author", "quoted"] }).shown, [3]);
  });

  test("leaves groups out", () => {
    assert.deepEqual(left([], { hiddenGroups: ["distraction", "call"] }), { kept: ALL, shown: [3] });
  });

  test("leaves one technique alone, or what is sure enough", () => {
    assert.deepEqual(left([], { technique: "whataboutism" }).shown, [1, 2]);
    const sure = FLAGS.map((flag, i) => ({ ...flag, confidence: i / 4 }));
    assert.deepEqual(shownOf(sure, SITE, [], { ...NO_FILTER, minConfidence: 0.5 }).shown, [2, 3]);
  });

  test("does both at once, and after what was dismissed", () => {
    const dismissals = [{ technique: "slogans", site: null, text: null }];
    const filter = /** @type {Partial<Filter>} */ ({ hiddenVoices: ["quoted"], hiddenGroups: ["wording"] });
    assert.deepEqual(left(dismissals, filter), { kept: [1, 2, 3], shown: [2] });
  });
});

describe("a dismissal", () => {
  /** @type {[string, Dismissal, number[], number[]][]} */
  const cases = [
    ["of a passage covers these words on this site", { technique: "whataboutism", site: SITE, text: "What about them?" }, [0, 2, 3], ALL],
    ["of a passage leaves the same words alone where another technique is seen", { technique: "slogans", site: SITE, text: "vermin" }, ALL, ALL],
    ["of a technique on a site covers it there", { technique: "whataboutism", site: SITE, text: null }, [0, 3], ALL],
    ["of a technique everywhere covers it everywhere", { technique: "whataboutism", site: null, text: null }, [0, 3], [0, 3]],
    ["of a passage without a site covers it everywhere", { technique: "loaded_language", site: null, text: "vermin" }, [0, 1, 2], [0, 1, 2]],
  ];
  for (const [name, dismissal, here, elsewhere] of cases) {
    test(name, () => {
      assert.deepEqual(left([dismissal]).kept, here);
      assert.deepEqual(left([dismissal], {}, "other.test").kept, elsewhere);
    });
  }
});

describe("a judgement", () => {
  const model = { name: "spinmark-en", version: "0.1.0", sha256: "" };
  const page = /** @type {Source} */ ({ where: "page", frameId: 0, part: "article", site: SITE, url: "https://news.test/a?user=7" });
  const judged = judgementOf(/** @type {Flag} */ (FLAGS[1]), model, page, new Date(0));

  test("names the page's origin and no more of its address", () => {
    assert.deepEqual(judged, {
      technique: "whataboutism", confidence: 0.5, voice: "quoted", model: "spinmark-en 0.1.0",
      quote: "What about them?", origin: "https://news.test", time: "1970-01-01T00:00:00.000Z",
    });
    assert.equal(judgementOf(/** @type {Flag} */ (FLAGS[1]), model, { where: "viewer", text: "" }, new Date(0)).origin, "");
  });

  test("is kept once, taken back, exported line by line and deleted", async () => {
    const local = storageArea();
    const preferences = createPreferences({ local, session: storageArea() });
    const other = { ...judged, quote: "two\nlines" };
    await Promise.all([preferences.judge(judged), preferences.judge(other), preferences.judge({ ...judged, time: "later" })]);
    const kept = await readJudgements(local);
    assert.deepEqual(kept.map(({ quote, time }) => [quote, time]), [["two\nlines", judged.time], ["What about them?", "later"]]);
    assert.deepEqual(toJsonLines(kept).trimEnd().split("\n").map((line) => JSON.parse(line)), kept);
    await preferences.unjudge(judged);
    assert.deepEqual(await readJudgements(local), [other]);
    await preferences.forgetJudgements();
    assert.deepEqual(await readJudgements(local), []);
  });
});

describe("what is kept", () => {
  const one = { technique: "slogans", site: null, text: null };
  const two = { technique: "whataboutism", site: SITE, text: "What about them?" };

  function setting() {
    const [local, session] = [storageArea(), storageArea()];
    return { local, session, preferences: createPreferences({ local, session }) };
  }

  test("dismissals outlive the browser, filters do not", async () => {
    const { local, session, preferences } = setting();
    await preferences.dismiss(one);
    await preferences.filter({ ...NO_FILTER, hiddenVoices: ["quoted", "reported"] });
    assert.deepEqual(Object.keys(await local.get(null)), ["dismissals"]);
    assert.deepEqual(Object.keys(await session.get(null)), ["filter"]);
  });

  test("dismissing twice is dismissing once, and one undoing restores", async () => {
    const { local, preferences } = setting();
    await preferences.dismiss(one);
    await preferences.dismiss({ ...one });
    assert.deepEqual(await readDismissals(local), [one]);
    await preferences.restore({ ...one });
    assert.deepEqual(await readDismissals(local), []);
  });

  test("changes at the same time are all kept", async () => {
    const { local, preferences } = setting();
    await Promise.all([preferences.dismiss(one), preferences.dismiss(two), preferences.restore(one)]);
    assert.deepEqual(await readDismissals(local), [two]);
  });

  test("a change that fails is told and does not stop the next", async () => {
    const local = storageArea();
    const full = new Error("QUOTA_BYTES quota exceeded");
    let isFull = true;
    const set = async (/** @type {any} */ items) => (isFull ? Promise.reject(full) : local.set(items));
    const preferences = createPreferences({ local: { ...local, set }, session: storageArea() });
    await assert.rejects(preferences.dismiss(one), full);
    isFull = false;
    await preferences.dismiss(two);
    assert.deepEqual(await readDismissals(local), [two]);
  });

  test("flags are shown by both", async () => {
    const { preferences } = setting();
    await preferences.dismiss(one);
    await preferences.filter({ ...NO_FILTER, hiddenVoices: ["quoted", "reported"] });
    const page = /** @type {Source} */ ({ where: "page", frameId: 0, part: "article", site: SITE });
    assert.deepEqual(await preferences.shownOf(FLAGS, page), { kept: [1, 2, 3], shown: [2] });
    assert.deepEqual((await preferences.shownOf(FLAGS, { where: "viewer", text: "" })).kept, [1, 2, 3]);
  });
});
