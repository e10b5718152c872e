import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { createApi } from "../../extension/background/api.js";
import { atLeast } from "../../extension/background/least.js";
import { DEFAULTS } from "../../extension/shared/settings.js";

const CONTRACT = new URL("../contract/", import.meta.url);
const reports = readdirSync(CONTRACT)
  .filter((name) => name.startsWith("report-"))
  .map((name) => JSON.parse(readFileSync(new URL(name, CONTRACT), "utf8")).response);
const many = reports.find(({ flags }) => flags.length > 1);
const confidences = many.flags.map((/** @type {Flag} */ flag) => flag.confidence);
const between = (Math.min(...confidences) + Math.max(...confidences)) / 2;

test("what is left of a report is counted as the server counts it", () => {
  for (const report of reports.filter(({ flags }) => flags.length > 0)) {
    const extra = { ...report.flags[0], confidence: 0, technique: "slogan" };
    const byTechnique = { ...report.summary.by_technique, slogan: 1 };
    const more = { ...report, flags: [...report.flags, extra], summary: { ...report.summary, by_technique: byTechnique } };
    assert.deepEqual(atLeast(more, 0.01), report);
  }
});

test("a least confidence leaves out what does not reach it, and nothing else", () => {
  const left = atLeast(many, between);
  assert.ok(left.flags.length > 0 && left.flags.length < many.flags.length);
  assert.deepEqual(left.flags, many.flags.filter((/** @type {Flag} */ flag) => flag.confidence >= between));
  assert.equal(left.summary.flags, left.flags.length);
  assert.equal(atLeast(many, 0), many);
});

test("neither a report nor a stream tells of flags below it", async () => {
  const { flags, ...head } = many;
  const lines = [...flags.map((/** @type {Flag} */ flag) => ({ flag })), { report: head }].map((line) => `${JSON.stringify(line)}\n`);
  const wanted = atLeast(many, between);
  for (const [response, onTheWay] of /** @type {const} */ ([
    [new Response(JSON.stringify(many)), []],
    [new Response(lines.join(""), { headers: { "Content-Type": "application/x-ndjson" } }), wanted.flags],
  ])) {
    /** @type {Flag[]} */
    const told = [];
    const api = createApi({ fetch: async () => response, mayReach: async () => true, settings: async () => ({ ...DEFAULTS, minConfidence: between }) });
    const answer = await api.check("text", { found: (flag) => void told.push(flag) });
    assert.deepEqual(answer, { kind: "report", report: wanted });
    assert.deepEqual(told, onTheWay);
  }
});
