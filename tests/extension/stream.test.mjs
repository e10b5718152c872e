// Answers that come line by line: what is asked, what is heard on the way, and how it ends.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { createApi } from "../../extension/background/api.js";
import { placeInTurn } from "../../extension/background/found.js";
import { jsonLines } from "../../extension/background/json-lines.js";
import { listenWithin } from "../../extension/background/patience.js";
import { DEFAULTS } from "../../extension/shared/settings.js";

const STREAM = JSON.parse(readFileSync(new URL("../contract/stream.json", import.meta.url), "utf8"));
const [FLAG_LINE] = STREAM.response;
const LAST_LINE = STREAM.response.at(-1);
const LONG = "A plain sentence that says nothing much. ".repeat(200);

/** @param {unknown[]} lines */
const bytesOf = (lines) => new TextEncoder().encode(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));

/** @param {unknown[]} lines */
function apiAnswering(lines) {
  /** @type {any[]} */
  const requests = [];
  const api = createApi({
    fetch: async (_url, init) => {
      requests.push(init);
      return new Response(bytesOf(lines), { headers: { "Content-Type": "application/x-ndjson" } });
    },
    mayReach: async () => true,
    settings: async () => DEFAULTS,
  });
  return { api, requests };
}

describe("a stream", () => {
  test("is asked for as the contract has it, for a long text alone", async () => {
    const { api, requests } = apiAnswering(STREAM.response);
    await api.check(LONG);
    await api.check("A short one.");
    assert.deepEqual(requests[0].headers, STREAM.request.headers);
    assert.equal(requests[1].headers.Accept, undefined);
  });

  test("tells its flags as they come, and gives the report with all of them", async () => {
    /** @type {Flag[]} */
    const heard = [];
    const answer = await apiAnswering(STREAM.response).api.check(LONG, { found: (flag) => void heard.push(flag) });
    assert.deepEqual(heard, [FLAG_LINE.flag]);
    assert.deepEqual(answer, { kind: "report", report: { ...LAST_LINE.report, flags: heard } });
  });

  test("that ends with a problem is that problem", async () => {
    const problem = { type: "urn:spinmark:problem:internal", title: "Failed", status: 500, detail: "It failed." };
    assert.deepEqual(await apiAnswering([FLAG_LINE, { problem }]).api.check(LONG), { kind: "error", detail: "It failed." });
  });

  test("that is cut off is that of a server that went down", async () => {
    assert.deepEqual(await apiAnswering([FLAG_LINE]).api.check(LONG), { kind: "down" });
  });

  test("of another program is foreign", async () => {
    assert.deepEqual(await apiAnswering([{ hello: "world" }]).api.check(LONG), { kind: "foreign" });
  });

  test("is read whole wherever it is cut, within a letter as well", async () => {
    const lines = [{ text: "Łódź 🌧️" }, { text: "\n" }, { text: "end" }];
    const bytes = bytesOf(lines);
    for (let at = 0; at <= bytes.length; at += 1) {
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(bytes.slice(0, at));
          controller.enqueue(bytes.slice(at));
          controller.close();
        },
      });
      const found = [];
      for await (const value of jsonLines(new Response(body), () => {})) found.push(value);
      assert.deepEqual(found, lines, `cut at ${at}`);
    }
  });

  test("that nobody reads to its end is given up", async () => {
    let isCancelled = false;
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(bytesOf([{ a: 1 }, { a: 2 }])),
      cancel: () => void (isCancelled = true),
    });
    for await (const _ of jsonLines(new Response(body), () => {})) break;
    assert.ok(isCancelled);
  });
});

describe("patience", () => {
  test("ends after a silence, which each word that is heard begins anew", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { signal, heard } = listenWithin(100);
    t.mock.timers.tick(99);
    heard();
    t.mock.timers.tick(99);
    assert.equal(signal.aborted, false);
    t.mock.timers.tick(1);
    assert.equal(signal.reason.name, "TimeoutError");
  });

  test("ends as soon as nobody waits", () => {
    const caller = new AbortController();
    const { signal, end } = listenWithin(100_000, caller.signal);
    caller.abort();
    assert.equal(signal.reason.name, "AbortError");
    end();
  });
});

describe("passages that come one by one", () => {
  test("are placed in order, those that come meanwhile together", async () => {
    /** @type {[number[], number][]} */
    const batches = [];
    const turns = placeInTurn(async (/** @type {number[]} */ batch, from) => {
      batches.push([batch, from]);
      return batch.map((value) => value * 10);
    });
    turns.add(1);
    turns.add(2, 3);
    assert.deepEqual(await turns.places(), [10, 20, 30]);
    turns.add(4);
    assert.deepEqual(await turns.places(), [10, 20, 30, 40]);
    assert.deepEqual(batches, [[[1], 0], [[2, 3], 1], [[4], 3]]);
  });

  test("that cannot be placed say so to whoever waits", async () => {
    const turns = placeInTurn(async () => Promise.reject(new Error("gone")));
    turns.add(1);
    await assert.rejects(turns.places(), /gone/);
  });
});
