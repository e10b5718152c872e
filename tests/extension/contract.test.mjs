// The extension against the exchanges that the server is held to: tests/contract/README.md.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { createApi } from "../../extension/background/api.js";
import { agrees, sliceCodePoints } from "../../extension/shared/offsets.js";
import { DEFAULTS } from "../../extension/shared/settings.js";

const FOLDER = new URL("../contract/", import.meta.url);
const CASES = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".json"))
  .map((file) => ({ file, ...JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) }));

/** @type {Record<number, string>} */
const KIND_OF_STATUS = { 401: "token", 403: "refused", 413: "tooLong", 429: "busy", 503: "busy" };

/**
 * Ask as the extension asks, and let the case answer.
 *
 * @param {any} exchange
 */
function apiOf(exchange) {
  /** @type {{path: string, init: any}[]} */
  const requests = [];
  const api = createApi({
    fetch: async (url, init) => {
      requests.push({ path: new URL(String(url)).pathname, init });
      const body = exchange.response ?? exampleOf(exchange.response_shape);
      return new Response(JSON.stringify(body), { status: exchange.status, headers: exchange.response_headers ?? {} });
    },
    mayReach: async () => true,
    settings: async () => DEFAULTS,
  });
  return { api, requests };
}

/**
 * Return a value of a shape.
 *
 * @param {any} shape
 * @returns {any}
 */
function exampleOf(shape) {
  if (Array.isArray(shape)) return shape.map(exampleOf);
  if (shape !== null && typeof shape === "object") {
    const members = Object.entries(shape).filter(([key]) => key !== "...");
    return Object.fromEntries(members.map(([key, value]) => [key, exampleOf(value)]));
  }
  const kind = typeof shape === "string" ? /^<(string|integer|number|boolean)\??>$/.exec(shape)?.[1] : undefined;
  if (kind === undefined) return shape;
  return { string: "words", integer: 3, number: 0.5, boolean: true }[kind];
}

test("every case has the form that the README gives", () => {
  assert.ok(CASES.length >= 10);
  const known = new Set("file name given request status response_headers response response_shape".split(" "));
  for (const exchange of CASES) {
    assert.deepEqual(Object.keys(exchange).filter((key) => !known.has(key)), [], exchange.file);
    assert.ok(exchange.name && exchange.request.path.startsWith("/") && Number.isInteger(exchange.status), exchange.file);
    assert.ok("response" in exchange !== "response_shape" in exchange, exchange.file);
  }
});

describe("a report", () => {
  for (const exchange of CASES.filter((c) => c.response?.schema === "spinmark.report/1")) {
    const { text } = exchange.request.body;
    test(`${exchange.file}: ${exchange.name}`, async () => {
      const { api, requests } = apiOf(exchange);
      const answer = await api.check(text);
      assert.deepEqual(answer, { kind: "report", report: exchange.response });
      assert.equal(exchange.response.text_length, [...text].length);
      for (const flag of exchange.response.flags) {
        assert.ok(agrees(text, flag));
        assert.equal(sliceCodePoints(text, flag.start, flag.end), flag.text);
        const { speaker, speaker_start: start, speaker_end: end } = flag.attribution;
        if (speaker !== null) assert.equal(sliceCodePoints(text, start, end), speaker);
      }
      const [{ path, init }] = /** @type {[any]} */ (requests);
      assert.equal(path, exchange.request.path);
      assert.equal(init.method, exchange.request.method);
      assert.deepEqual(init.headers, exchange.request.headers);
      assert.deepEqual(JSON.parse(init.body), { text });
    });
  }
});

describe("a problem", () => {
  for (const exchange of CASES.filter((c) => c.status >= 400)) {
    test(`${exchange.file}: ${exchange.name}`, async () => {
      const answer = await apiOf(exchange).api.check("text");
      assert.equal(answer.kind, KIND_OF_STATUS[exchange.status] ?? "error");
    });
  }

  test("of a text too long tells both numbers", async () => {
    const exchange = CASES.find((c) => c.response_shape?.type === "urn:spinmark:problem:too-long");
    const { max_chars: maxChars, length } = exchange.response_shape;
    assert.deepEqual(await apiOf(exchange).api.check("text"), { kind: "tooLong", maxChars, length });
  });
});

test("health tells the model", async () => {
  const exchange = CASES.find((c) => c.request.path === "/v1/health" && c.status === 200);
  assert.equal((await apiOf(exchange).api.health()).kind, "up");
});

test("techniques are found by their ids", async () => {
  const exchange = CASES.find((c) => c.request.path === "/v1/techniques" && c.status === 200);
  const answer = await apiOf(exchange).api.techniques();
  assert.equal(answer.kind, "techniques");
  for (const [id, technique] of Object.entries(answer.techniques)) {
    assert.equal(technique.id, id);
    assert.ok(technique.definition && technique.effect && technique.question && technique.legitimate);
  }
});
