import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { createApi } from "../../extension/background/api.js";
import { DEFAULTS } from "../../extension/shared/settings.js";

/**
 * @param {typeof fetch} fetch
 * @param {{settings?: Partial<Settings>, allowed?: boolean}} [means]
 */
function apiWith(fetch, { settings = {}, allowed = true } = {}) {
  return createApi({
    fetch,
    mayReach: async () => allowed,
    settings: async () => ({ ...DEFAULTS, ...settings }),
  });
}

/**
 * @param {number} status
 * @param {unknown} body
 * @param {Record<string, string>} [headers]
 * @returns {typeof fetch}
 */
const answering = (status, body, headers = {}) => async () =>
  new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers });

/** @param {number} status */
const problem = (status, extra = {}) => ({ type: "urn:spinmark:problem:x", title: "Title", status, detail: "Detail.", ...extra });

/** @returns {{fetch: typeof fetch, requests: {url: string, init: any}[]}} */
function recording() {
  /** @type {{url: string, init: any}[]} */
  const requests = [];
  return {
    requests,
    fetch: async (url, init) => {
      requests.push({ url: String(url), init });
      return new Response("{}");
    },
  };
}

describe("what is sent", () => {
  test("goes to this machine alone, without cookies, redirects or a cache", async () => {
    const { fetch, requests } = recording();
    await apiWith(fetch, { settings: { port: 9000 } }).check("text");
    assert.equal(requests[0]?.url, "http://127.0.0.1:9000/v1/check");
    const { credentials, redirect, cache } = requests[0]?.init;
    assert.deepEqual({ credentials, redirect, cache }, { credentials: "omit", redirect: "error", cache: "no-store" });
  });

  test("names a token only where one is set, and never a least confidence, which would lower thresholds", async () => {
    const { fetch, requests } = recording();
    await apiWith(fetch).check("text");
    await apiWith(fetch, { settings: { minConfidence: 0.7, token: "secret-secret-secret" } }).check("text");
    const [plain, strict] = requests.filter(({ url }) => url.endsWith("/v1/check"));
    assert.deepEqual(JSON.parse(plain?.init.body), { text: "text" });
    assert.equal(plain?.init.headers.Authorization, undefined);
    assert.deepEqual(JSON.parse(strict?.init.body), { text: "text" });
    assert.equal(strict?.init.headers.Authorization, "Bearer secret-secret-secret");
  });

  test("is well-formed, and as long as the page's text", async () => {
    const { fetch, requests } = recording();
    await apiWith(fetch).check("a\ud83d\0 b \ud83d\ude00");
    assert.equal(JSON.parse(requests[0]?.init.body).text, "a\ufffd\ufffd b \ud83d\ude00");
  });

  test("is nothing at all without the permission", async () => {
    const { fetch, requests } = recording();
    assert.deepEqual(await apiWith(fetch, { allowed: false }).check("text"), { kind: "permission" });
    assert.equal(requests.length, 0);
  });
});

describe("what an answer means", () => {
  /** @type {[string, typeof fetch, ServerFailure][]} */
  const failures = [
    ["no answer: the server is down", async () => { throw new TypeError("Failed to fetch"); }, { kind: "down" }],
    ["a late answer: it is slow", async () => { throw new DOMException("", "TimeoutError"); }, { kind: "slow" }],
    ["401: it wants a token", answering(401, problem(401)), { kind: "token" }],
    ["403: it refuses, and says why", answering(403, problem(403)), { kind: "refused", detail: "Detail." }],
    ["413: the text is too long", answering(413, problem(413, { max_chars: 200000, length: 200001 })), { kind: "tooLong", length: 200001, maxChars: 200000 }],
    ["413 without numbers: the body was", answering(413, problem(413)), { kind: "tooLong", length: null, maxChars: null }],
    ["429: it is busy for a while", answering(429, problem(429), { "Retry-After": "2" }), { kind: "busy", retryAfterS: 2 }],
    ["429 without a time: it is busy", answering(429, problem(429)), { kind: "busy", retryAfterS: null }],
    ["500: it failed, and says how", answering(500, problem(500)), { kind: "error", detail: "Detail." }],
    ["a problem without a detail: its title", answering(400, { type: "about:blank", title: "Title" }), { kind: "error", detail: "Title" }],
    ["another program's error page: foreign", answering(404, "<html>"), { kind: "foreign" }],
    ["another program's page: foreign", answering(200, "<html>"), { kind: "foreign" }],
    ["another program's JSON: foreign", answering(200, { flags: [] }), { kind: "foreign" }],
    ["a report of a later schema: the server is too new", answering(200, { schema: "spinmark.report/2", flags: [], text_length: 1 }), { kind: "tooNew", version: null }],
    ["JSON that is no object: foreign", answering(200, "7"), { kind: "foreign" }],
  ];
  for (const [name, fetch, expected] of failures) {
    test(name, async () => assert.deepEqual(await apiWith(fetch).check("text"), expected));
  }

  test("401 with a token: it is the wrong one", async () => {
    assert.deepEqual(await apiWith(answering(401, problem(401)), { settings: { token: "x" } }).check("text"), { kind: "wrongToken" });
  });

  test("a server whose version is out of range says so where it does not understand a check", async () => {
    for (const [version, kind] of [["0.0.1", "tooOld"], ["9.0.0", "tooNew"]]) {
      const api = apiWith(async (url) =>
        String(url).endsWith("/v1/health")
          ? new Response(JSON.stringify({ version, model: { name: "spinmark-en" } }))
          : new Response(JSON.stringify(problem(404)), { status: 404 }),
      );
      assert.deepEqual(await api.check("text"), { kind, version });
      assert.deepEqual(await api.health(), { kind, version });
    }
  });

  test("an explanation is told in the text's own words, past emoji", async () => {
    const { request, response } = JSON.parse(readFileSync(new URL("../contract/explanation.json", import.meta.url), "utf8"));
    const { text } = request.body;
    const flag = /** @type {Flag} */ (request.body);
    assert.deepEqual(await apiWith(answering(200, response)).explain(text, flag), {
      kind: "explained",
      cues: [{ words: "called", weight: -0.05 }, { words: "inevitable", weight: 0.4375 }],
    });
    assert.deepEqual(await apiWith(answering(200, {})).explain(text, flag), { kind: "foreign" });
  });

  test("health and techniques of another program are foreign too", async () => {
    const api = apiWith(answering(200, {}));
    assert.deepEqual(await api.health(), { kind: "foreign" });
    assert.deepEqual(await api.techniques(), { kind: "foreign" });
  });
});
