// Make a picture of every state of the extension, light and dark: node tools/gallery.mjs [FOLDER]
//
// The states are made by a stand-in for the server, so that each comes out the same every time.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { openChromium } from "../tests/e2e/chromium.mjs";
import { readPanel, select } from "../tests/e2e/reader.mjs";
import { freePort, PYTHON } from "../tests/e2e/server.mjs";
import { openSite } from "../tests/e2e/site.mjs";

const FOLDER = process.argv[2] ?? "tests/e2e/output/gallery";
const CONTRACT = new URL("../tests/contract/", import.meta.url);
const TECHNIQUES = execFileSync(PYTHON, ["-m", "spinmark", "techniques", "--format", "json"], { encoding: "utf8" });
const contested = JSON.parse(readFileSync(new URL("report-quoted-contested.json", CONTRACT), "utf8"));

const MODEL = contested.response.model;
const HEALTH = { status: "ok", version: "0.1.0", model: MODEL };
const [FLAG] = contested.response.flags;
const EXPLANATION = {
  schema: "spinmark.explanation/1",
  cues: [
    { start_utf16: FLAG.start_utf16, end_utf16: FLAG.start_utf16 + FLAG.text.indexOf(" "), weight: -0.04 },
    { start_utf16: FLAG.start_utf16 + FLAG.text.lastIndexOf(" ") + 1, end_utf16: FLAG.end_utf16, weight: 0.31 },
  ],
};
/** @param {string} status */
const statusReport = (status) => ({ ...contested.response, status, language: status === "ok" ? "en" : "fi", flags: [] });
/**
 * @param {number} status
 * @param {object} [more]
 */
const problem = (status, more = {}) => ({ status, body: { type: "urn:spinmark:problem:x", title: "Refused", status, detail: "The request came from a page of another site.", ...more } });

/** What the stand-in says to a check, state by state. @type {Record<string, {status?: number, body?: any, health?: any, waits?: boolean}>} */
const STATES = {
  result: { body: contested.response },
  checking: { waits: true },
  nothing: { body: statusReport("ok") },
  language: { body: statusReport("unsupported_language") },
  "too-short": { body: statusReport("too_short") },
  token: problem(401),
  refused: problem(403),
  "too-long": problem(413, { max_chars: 200_000, length: 251_334 }),
  busy: problem(429),
  "too-old": { ...problem(404), health: { ...HEALTH, version: "0.0.9" } },
  "too-new": { body: { schema: "spinmark.report/2" } },
  foreign: { body: { hello: "world" }, health: {} },
};
let state = /** @type {(typeof STATES)[string]} */ (STATES.result);

const server = createServer((request, response) => {
  const path = request.url ?? "";
  const isCheck = path === "/v1/check";
  if (isCheck && state.waits) return;
  const body = isCheck
    ? state.body
    : path === "/v1/techniques"
      ? JSON.parse(TECHNIQUES)
      : path === "/v1/explain"
        ? EXPLANATION
        : (state.health ?? HEALTH);
  request.resume();
  response.writeHead(isCheck ? (state.status ?? 200) : 200, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
});
await new Promise((done) => server.listen(0, "127.0.0.1", () => done(undefined)));
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
const site = await openSite({
  "page.html": `<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title><body style="font:18px/1.6 Georgia,serif;margin:3rem;max-width:34rem"><h1>A page</h1><p id="text"></p>`,
});
const chromium = await openChromium();
mkdirSync(FOLDER, { recursive: true });

/**
 * @param {import("puppeteer-core").Page} target
 * @param {string} name
 */
async function photograph(target, name) {
  for (const scheme of ["light", "dark"]) {
    await target.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await target.screenshot({ path: join(FOLDER, `${name}-${scheme}.png`) });
  }
  await target.emulateMediaFeatures([]);
}

try {
  const [page] = await chromium.browser.pages();
  if (!page) throw new Error("the browser opened no page");
  const configure = (/** @type {object} */ items) => chromium.inWorker((items) => chrome.storage.local.set(items), items);
  const check = async () => {
    await page.goto("about:blank");
    await page.goto(site.url("page.html"));
    await page.$eval("#text", (p, text) => void (p.textContent = text), contested.request.body.text);
    await select(page, "#text");
    await chromium.pressCommand(page);
    return chromium.panel();
  };
  for (const language of ["en", "fi"]) {
    await configure({ port, language });
    for (const [name, next] of Object.entries(STATES)) {
      state = next;
      const panel = await check();
      const kind = name === "checking" ? "checking" : "body" in next && /report\/1$/.test(next.body?.schema ?? "") ? "result" : "failure";
      await readPanel(panel, kind);
      if (kind === "checking") await panel.waitForFunction(() => /\d/.test(document.querySelector("#status")?.textContent ?? ""));
      await photograph(panel, `panel-${name}-${language}`);
      if (name === "result") {
        await photograph(page, `page-${language}`);
        await panel.click(".passage");
        await panel.click("li.current .why");
        await panel.waitForSelector("li.current .cue");
        await photograph(panel, `panel-why-${language}`);
        await panel.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
        const session = await panel.createCDPSession();
        await session.send("Emulation.setEmulatedMedia", { features: [{ name: "forced-colors", value: "active" }] });
        await panel.screenshot({ path: join(FOLDER, `panel-forced-colors-${language}.png`) });
        await session.detach();
        await panel.click("li.current .unhelpful");
        await panel.waitForSelector('.unhelpful[aria-pressed="true"]');
        await panel.click("li.current .dismiss-everywhere");
        await panel.waitForSelector("#dismissed:not([hidden])");
        await photograph(panel, `panel-dismissed-${language}`);
        await chromium.inWorker(() => chrome.storage.local.remove(["dismissals", "judgements"]));
      }
      await chromium.closePanel();
    }
    state = /** @type {(typeof STATES)[string]} */ (STATES.result);
    for (const name of ["popup", "options"]) {
      const shown = await chromium.openExtensionPage(name);
      await shown.setViewport(name === "popup" ? { width: 320, height: 400 } : { width: 720, height: 1400 });
      await shown.waitForSelector(name === "popup" ? '#server[data-state="up"]' : "#techniques input");
      await photograph(shown, `${name}-${language}`);
      if (name === "options") {
        await shown.setViewport({ width: 360, height: 900, deviceScaleFactor: 2 });
        await photograph(shown, `options-zoomed-${language}`);
      }
      await shown.close();
    }
    await configure({ port: await freePort() });
    const panel = await check();
    await readPanel(panel, "failure");
    await photograph(panel, `panel-down-${language}`);
    await chromium.closePanel();
  }
} finally {
  await chromium.close();
  site.close();
  server.closeAllConnections();
  server.close();
}
