// What leaves the panel: annotations, reports and pages.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { JSDOM } from "jsdom";
import { annotationOf, reportOf } from "../../extension/shared/annotation.js";
import { reportPage } from "../../extension/ui/export.js";

const { response: REPORT } = JSON.parse(readFileSync(new URL("../contract/report-quoted-contested.json", import.meta.url), "utf8"));
const [FLAG] = REPORT.flags;
const ROW = /** @type {Row} */ ({ flag: FLAG, placed: "page", contestedBy: null, prefix: "before ", suffix: " after" });

test("an annotation finds its passage by its words and their surroundings", () => {
  const url = "https://news.test/story";
  const made = annotationOf(ROW, { url, model: REPORT.model, id: "00000000-0000-4000-8000-000000000000", time: new Date(0) });
  assert.equal(made.type, "Annotation");
  assert.deepEqual(made.target, {
    source: url,
    selector: { type: "TextQuoteSelector", exact: FLAG.text, prefix: "before ", suffix: " after" },
  });
  assert.equal(made.body.value, FLAG.technique);
  assert.equal(made.created, "1970-01-01T00:00:00.000Z");
  assert.equal(made["spinmark:speaker"], FLAG.attribution.speaker);
});

test("an exported report is the one that the server gave", () => {
  const { text_length: length, flags, schema, id, ...rest } = REPORT;
  const rows = flags.map((/** @type {Flag} */ flag) => ({ ...ROW, flag }));
  const result = { run: "", kind: "result", source: {}, techniques: {}, length, rows, ...rest };
  assert.deepEqual(reportOf(/** @type {any} */ (result)), REPORT);
});

test("an exported page holds words as text, and neither scripts nor foreign addresses", () => {
  const { window } = new JSDOM("");
  const hostile = `<img src="https://evil.test/x" onerror="alert(1)"></blockquote><script>alert(1)</script>`;
  const row = { voice: "Orlan, quoted.", quote: hostile, likeness: "resembles x (0.81)", about: [{ heading: "What it is", text: hostile }] };
  const words = { language: "en", title: "1 passage", address: "https://news.test/?a=1&b=2", facts: "87", notes: ["No verdict."], rows: [row] };
  const html = reportPage(window.document, words);
  const { document } = new JSDOM(html).window;
  assert.equal(document.querySelector("blockquote")?.textContent, hostile);
  assert.equal(document.querySelector("dd")?.textContent, hostile);
  assert.equal(document.documentElement.lang, "en");
  assert.equal(document.compatMode, "CSS1Compat");
  assert.deepEqual([...document.querySelectorAll("script, img, link, iframe, [src], [href]")], []);
});
