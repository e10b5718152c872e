// The only file that knows the server: its paths, its headers and what its answers mean.
import { serverAddress, versionKind } from "../shared/settings.js";

// An answer takes well under a second; a browser ends a silent worker's request after half a minute.
const TIMEOUT_MS = 25_000;

/**
 * @param {{fetch: typeof fetch, mayReach: () => Promise<boolean>, settings: () => Promise<Settings>}} means
 */
export function createApi({ fetch, mayReach, settings }) {
  /**
   * @param {string} path
   * @param {{method?: string, headers?: Record<string, string>, body?: string}} [request]
   * @returns {Promise<{kind: "answer", body: any} | ServerFailure>}
   */
  async function ask(path, request = {}) {
    const { port, token } = await settings();
    if (!(await mayReach())) return { kind: "permission" };
    const headers = { ...request.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
    let response;
    let body;
    try {
      response = await fetch(serverAddress(port) + path, {
        ...request,
        headers,
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      body = parse(await response.text());
    } catch (error) {
      return { kind: /** @type {Error} */ (error).name === "TimeoutError" ? "slow" : "down" };
    }
    if (response.ok) return body === null ? { kind: "foreign" } : { kind: "answer", body };
    const failure = failureOf(response, body);
    return failure.kind === "token" && token ? { kind: "wrongToken" } : failure;
  }

  /**
   * @param {string} path
   * @param {object} question
   */
  const post = (path, question) =>
    ask(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Spinmark": "1" },
      body: JSON.stringify(question),
    });

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
     * @param {string} text
     * @returns {Promise<{kind: "report", report: Report} | ServerFailure>}
     */
    async check(text) {
      const { minConfidence } = await settings();
      const question = { text: acceptable(text) };
      const answer = await post("/v1/check", minConfidence > 0 ? { ...question, min_confidence: minConfidence } : question);
      if (answer.kind === "answer") {
        if (isReport(answer.body)) return { kind: "report", report: answer.body };
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

/**
 * @param {Response} response
 * @param {any} problem an RFC 9457 problem document, or whatever else stood in the body
 * @returns {ServerFailure}
 */
function failureOf(response, problem) {
  if (typeof problem?.type !== "string" || typeof problem.title !== "string") return { kind: "foreign" };
  const detail = typeof problem.detail === "string" ? problem.detail : problem.title;
  switch (response.status) {
    case 401:
      return { kind: "token" };
    case 403:
      return { kind: "refused", detail };
    case 413:
      return { kind: "tooLong", length: numberOrNull(problem.length), maxChars: numberOrNull(problem.max_chars) };
    case 429:
    case 503:
      return { kind: "busy", retryAfterS: numberOrNull(Number(response.headers.get("Retry-After") ?? NaN)) };
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
