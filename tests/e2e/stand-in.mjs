// A stand-in for the server that answers a check as a test or a picture needs it.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { PYTHON } from "./server.mjs";

const CONTRACT = new URL("../contract/", import.meta.url);

/** The exchange of the contract in which a quotation is disputed. */
export const CONTESTED = JSON.parse(readFileSync(new URL("report-quoted-contested.json", CONTRACT), "utf8"));

const TECHNIQUES = JSON.parse(execFileSync(PYTHON, ["-m", "spinmark", "techniques", "--format", "json"], { encoding: "utf8" }));
const [FLAG] = CONTESTED.response.flags;
const EXPLANATION = {
  schema: "spinmark.explanation/1",
  cues: [
    { start_utf16: FLAG.start_utf16, end_utf16: FLAG.start_utf16 + FLAG.text.indexOf(" "), weight: -0.04 },
    { start_utf16: FLAG.start_utf16 + FLAG.text.lastIndexOf(" ") + 1, end_utf16: FLAG.end_utf16, weight: 0.31 },
  ],
};
/** @type {any} */
export const HEALTH = { status: "ok", version: "0.1.0", model: CONTESTED.response.model };

/** @typedef {import("node:http").ServerResponse} ServerResponse */

/**
 * Answer with JSON.
 *
 * @param {ServerResponse} response
 * @param {unknown} body
 */
export function answer(response, body, status = 200) {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}

/**
 * Begin a stream, of which more lines may follow.
 *
 * @param {ServerResponse} response
 * @param {unknown[]} lines
 */
export function stream(response, ...lines) {
  if (!response.headersSent) response.writeHead(200, { "Content-Type": "application/x-ndjson" });
  for (const line of lines) response.write(`${JSON.stringify(line)}\n`);
}

export async function openStandIn() {
  const server = createServer((request, response) => {
    request.resume();
    switch (request.url) {
      case "/v1/check":
        return void standIn.check(response);
      case "/v1/techniques":
        return answer(response, TECHNIQUES);
      case "/v1/explain":
        return answer(response, EXPLANATION);
      default:
        return answer(response, standIn.health);
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(undefined)));
  const standIn = {
    port: /** @type {import("node:net").AddressInfo} */ (server.address()).port,
    /** What is done about a check. @type {(response: ServerResponse) => unknown} */
    check: (response) => answer(response, CONTESTED.response),
    health: HEALTH,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return standIn;
}
