// The only file that knows the server: its paths, its headers and what its answers mean.
import { serverAddress, versionKind } from "../shared/settings.js";
import { jsonLines } from "./json-lines.js";
import { atLeast, reaches } from "./least.js";
import { listenWithin } from "./patience.js";

// An answer, or the next line of one, takes well under a second; a browser ends a silent worker's request after
// half a minute.
const SILENCE_MS = 25_000;

// A text of a few hundred words is answered before a reader could see its first mark come alone.
const STREAM_FROM_CHARS = 4_000;

const NDJSON = "application/x-ndjson";

/**
 * How an answer is waited for: until `signal` calls it off; `found` hears of flags before the rest is known.
 *
 * @typedef {{signal?: AbortSignal, found?: (flag: Flag) => void}} Listening
 */

/**
 * @param {{fetch: typeof fetch, mayReach: () => Promise<boolean>, settings: () => Promise<Settings>}} means
 */
export function createApi({ fetch, mayReach, settings }) {
  /**
   * @param {string} path
   * @param {{method?: string, headers?: Record<string, string>, body?: string}} [request]
   * @param {Listening} [listening]
   * @returns {Promise<{kind: "answer", body: any} | ServerFailure>}
   */
  async function ask(path, request = {}, { signal, found } = {}) {
    const { port, token } = await settings();
    if (!(await mayReach())) return { kind: "permission" };
    const headers = { ...request.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
    const patience = listenWithin(SILENCE_MS, signal);
    let response;
    let body;
    try {
      response = await fetch(serverAddress(port) + path, {
        ...request,
        headers,
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        signal: patience.signal,
      });
      patience.heard();
      if (response.ok && isStream(response)) return await lastOf(jsonLines(response, patience.heard), found);
      body = parse(await response.text());
    } catch (error) {
      // An answer that breaks off is that of a server that was stopped; nobody waits for one that was called off.
      return { kind: /** @type {Error} */ (error).name === "TimeoutError" ? "slow" : "down" };
    } finally {
      patience.end();
    }
    if (response.ok) return body === null ? { kind: "foreign" } : { kind: "answer", body };
    const failure = failureOf(response.status, body, response.headers.get("Retry-After"));
    return failure.kind === "token" && token ? { kind: "wrongToken" } : failure;
  }

  /**
   * @param {string} path
   * @param {object} question
   * @param {Record<string, string>} [headers]
   * @param {Listening} [listening]
   */
  const post = (path, question, headers = {}, listening = {}) =>
    ask(
      path,
      {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Spinmark": "1", ...headers },
        body: JSON.stringify(question),
      },
      listening,
    );

  /** @returns {Promise<{kind: "up", model: Model} | ServerFailure>} */
  async function health() {
    const answer = await ask("/v1/health");
    if (answer.kind !== "answer") return answer;
    const { model, version } = answer.body;
    if (typeof model?.name !== "string") return { kind: "foreign" };
    const kind = typeof version === "string" ? versionKind(version) : "understood";
    return kind === "understood" ? { kind: "up", model } : { kind, version };
  }

  return {
    /**
     * Check a text. The flags of a long one are told to `found` as they come, and once more in the report; those
     * that do not reach the reader's least confidence nowhere.
     *
     * @param {string} text
     * @param {Listening} [listening]
     * @returns {Promise<{kind: "report", report: Report} | ServerFailure>}
     */
    async check(text, listening = {}) {
      const { minConfidence } = await settings();
      const question = { text: acceptable(text) };
      const found = (/** @type {Flag} */ flag) => void (reaches(flag, minConfidence) && listening.found?.(flag));
      const headers = /** @type {Record<string, string>} */ (text.length < STREAM_FROM_CHARS ? {} : { Accept: NDJSON });
      const answer = await post("/v1/check", question, headers, { ...listening, found });
      if (answer.kind === "answer") {
        if (isReport(answer.body)) return { kind: "report", report: atLeast(answer.body, minConfidence) };
        if (isLaterReport(answer.body)) return { kind: "tooNew", version: null };
      } else if (answer.kind !== "error") return answer;
      // What it does not understand, or we do not, may be a matter of versions.
      const state = await health();
      if (state.kind === "tooOld" || state.kind === "tooNew") return state;
      return answer.kind === "answer" ? { kind: "foreign" } : answer;
    },

    /**
     * Ask which words moved the confidence of a passage.
     *
     * @param {string} text as it was checked
     * @param {Flag} flag
     * @returns {Promise<Explained>}
     */
    async explain(text, { start, end, technique }) {
      const answer = await post("/v1/explain", { text: acceptable(text), start, end, technique });
      if (answer.kind !== "answer") return answer;
      const { schema, cues } = answer.body;
      if (schema !== "spinmark.explanation/1" || !Array.isArray(cues)) return { kind: "foreign" };
      return {
        kind: "explained",
        cues: cues.map((cue) => ({ words: text.slice(cue.start_utf16, cue.end_utf16), weight: cue.weight })),
      };
    },

    /**
     * @returns {Promise<{kind: "techniques", techniques: Record<string, Technique>} | ServerFailure>}
     */
    async techniques() {
      const answer = await ask("/v1/techniques");
      if (answer.kind !== "answer") return answer;
      if (!Array.isArray(answer.body.techniques)) return { kind: "foreign" };
      return {
        kind: "techniques",
        techniques: Object.fromEntries(answer.body.techniques.map((/** @type {Technique} */ t) => [t.id, t])),
      };
    },

    health,
  };
}

/**
 * Return a text that the server takes: a page's script can leave NUL or half a surrogate pair in it. What takes
 * their place is as long, so that no offset moves.
 *
 * @param {string} text
 */
const acceptable = (text) => text.toWellFormed().replaceAll("\0", "\ufffd");

/** @param {Response} response */
function isStream(response) {
  return response.headers.get("Content-Type")?.split(";")[0]?.trim() === NDJSON;
}

/**
 * Tell the flags of a stream as they come and return what it ends with.
 *
 * @param {AsyncIterable<any>} lines
 * @param {(flag: Flag) => void} [found]
 * @returns {Promise<{kind: "answer", body: any} | ServerFailure>}
 */
async function lastOf(lines, found) {
  /** @type {Flag[]} */
  const flags = [];
  for await (const line of lines) {
    if (line?.report) return { kind: "answer", body: { ...line.report, flags } };
    if (line?.problem) return failureOf(line.problem.status, line.problem, null);
    if (!line?.flag) return { kind: "foreign" };
    flags.push(line.flag);
    found?.(line.flag);
  }
  return { kind: "down" }; // cut off
}

/**
 * @param {number} status
 * @param {any} problem an RFC 9457 problem document, or whatever else stood in the body
 * @param {string | null} retryAfter
 * @returns {ServerFailure}
 */
function failureOf(status, problem, retryAfter) {
  if (typeof problem?.type !== "string" || typeof problem.title !== "string") return { kind: "foreign" };
  const detail = typeof problem.detail === "string" ? problem.detail : problem.title;
  switch (status) {
    case 401:
      return { kind: "token" };
    case 403:
      return { kind: "refused", detail };
    case 413:
      return { kind: "tooLong", length: numberOrNull(problem.length), maxChars: numberOrNull(problem.max_chars) };
    case 429:
    case 503:
      return { kind: "busy", retryAfterS: numberOrNull(Number(retryAfter ?? NaN)) };
    default:
      return { kind: "error", detail };
  }
}

/**
 * @param {string} text
 * @returns {any} null for what is not a JSON object
 */
function parse(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    // Another program's page, most likely; the caller says so.
    return null;
  }
}

/**
 * @param {any} body
 * @returns {body is Report}
 */
function isReport(body) {
  return body.schema === "spinmark.report/1" && Array.isArray(body.flags) && typeof body.text_length === "number";
}

/** @param {any} body */
function isLaterReport(body) {
  return Number(/^spinmark\.report\/(\d+)$/.exec(body.schema)?.[1] ?? 1) > 1;
}

/**
 * @param {any} value
 * @returns {number | null}
 */
function numberOrNull(value) {
  return Number.isFinite(value) ? value : null;
}
