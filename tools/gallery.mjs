// Make a picture of every state of the extension, light and dark: node tools/gallery.mjs [FOLDER]
//
// The states are made by a stand-in for the server, so that each comes out the same every time.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openChromium } from "../tests/e2e/chromium.mjs";
import { readPanel, select } from "../tests/e2e/reader.mjs";
import { openSite, pageOf } from "../tests/e2e/site.mjs";
import { answer, CONTESTED, HEALTH, openStandIn, stream } from "../tests/e2e/stand-in.mjs";

const FOLDER = process.argv[2] ?? "tests/e2e/output/gallery";
const { flags: FLAGS } = CONTESTED.response;

/** @param {string} status */
const statusReport = (status) => ({ ...CONTESTED.response, status, language: status === "ok" ? "en" : "fi", flags: [] });
/**
 * @param {number} status
 * @param {object} [more]
 */
const problem = (status, more = {}) => ({ status, body: { type: "urn:spinmark:problem:x", title: "Refused", status, detail: "The request came from a page of another site.", ...more } });

/**
 * What the stand-in says to a check, state by state; `lines` begin a stream that does not end, and none at all leave
 * the check waiting.
 *
 * @type {Record<string, {status?: number, body?: any, health?: any, lines?: unknown[]}>}
 */
const STATES = {
  result: { body: CONTESTED.response },
  checking: {},
  progress: { lines: [{ flag: FLAGS[0] }] },
  nothing: { body: statusReport("ok") },
  language: { body: statusReport("unsupported_language") },
  "too-short": { body: statusReport("too_short") },
  truncated: { body: { ...CONTESTED.response, status: "truncated" } },
  token: problem(401),
  refused: problem(403),
  "too-long": problem(413, { max_chars: 200_000, length: 251_334 }),
  busy: problem(429),
  error: problem(500, { detail: "Something went wrong in the server." }),
  "too-old": { ...problem(404), health: { ...HEALTH, version: "0.0.9" } },
  "too-new": { body: { schema: "spinmark.report/2" } },
  foreign: { body: { hello: "world" }, health: {} },
};

const standIn = await openStandIn();
const { port } = standIn;
/** @param {(typeof STATES)[string]} state */
function stage({ status = 200, body, health = HEALTH, lines }) {
  standIn.health = health;
  standIn.check = (response) => {
    if (body) answer(response, body, status);
    else if (lines) stream(response, ...lines);
  };
}

const site = await openSite({
  "page.html": pageOf('<body style="font:18px/1.6 Georgia,serif;margin:3rem;max-width:34rem"><h1>A page</h1><p id="text"></p>'),
});
const chromium = await openChromium();
mkdirSync(FOLDER, { recursive: true });

/** @typedef {import("puppeteer-core").Page} Page */

/**
 * Make a page that does not fill its window no higher than what it shows; its foot would stand far below the rest.
 *
 * @param {Page} target
 */
async function fit(target) {
  const [width, height, full] = await target.evaluate(() => [innerWidth, innerHeight, document.documentElement.scrollHeight]);
  if (full > height) return;
  await target.setViewport({ width, height: 1 });
  const least = await target.evaluate(() => document.documentElement.scrollHeight);
  await target.setViewport({ width, height: Math.min(height, least) });
}

/**
 * @param {Page} target
 * @param {string} name
 */
async function photograph(target, name) {
  for (const scheme of ["light", "dark"]) {
    await target.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await target.screenshot({ path: join(FOLDER, `${name}-${scheme}.png`) });
  }
  await target.emulateMediaFeatures([]);
}

/**
 * @param {Page} panel
 * @param {string} name
 */
async function photographPanel(panel, name) {
  await fit(panel);
  await photograph(panel, name);
  await panel.setViewport(null);
}

try {
  const [page] = await chromium.browser.pages();
  if (!page) throw new Error("the browser opened no page");
  const configure = (/** @type {object} */ items) => chromium.inExtension((items) => chrome.storage.local.set(items), items);
  const { text } = CONTESTED.request.body;
  const filler = " The clerk read the minutes aloud, and nobody had a question about them.".repeat(80);
  const check = async (isLong = false) => {
    await page.goto("about:blank");
    await page.goto(site.url("page.html"));
    await page.$eval("#text", (p, text) => void (p.textContent = text), isLong ? text + filler : text);
    await select(page, "#text");
    await chromium.pressCommand(page);
    return chromium.panel();
  };
  /**
   * @param {string} address
   * @param {string} [letter]
   */
  const commandAt = async (address, letter) => {
    await page.goto(address);
    await chromium.pressCommand(page, letter);
    return chromium.panel();
  };
  for (const language of ["en", "fi"]) {
    await configure({ port, language });
    for (const [name, next] of Object.entries(STATES)) {
      stage(next);
      const panel = await check("lines" in next);
      const kind = !("body" in next) ? "checking" : /report\/1$/.test(next.body.schema ?? "") ? "result" : "failure";
      await readPanel(panel, kind);
      if (kind === "checking") await panel.waitForFunction(() => /\d/.test(document.querySelector("#status")?.textContent ?? ""));
      if (next.lines) await panel.waitForSelector("#progress[value]");
      await photographPanel(panel, `panel-${name}-${language}`);
      if (name === "result") {
        await photograph(page, `page-${language}`);
        await panel.click(".passage");
        await panel.click("li.current .why");
        await panel.waitForSelector("li.current .cue");
        await photographPanel(panel, `panel-why-${language}`);
        await panel.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
        const session = await panel.createCDPSession();
        await session.send("Emulation.setEmulatedMedia", { features: [{ name: "forced-colors", value: "active" }] });
        await panel.screenshot({ path: join(FOLDER, `panel-forced-colors-${language}.png`) });
        await session.detach();
        await panel.click("li.current .unhelpful");
        await panel.waitForSelector('.unhelpful[aria-pressed="true"]');
        await panel.click("li.current .dismiss-everywhere");
        await panel.waitForSelector("#dismissed:not([hidden])");
        await photographPanel(panel, `panel-dismissed-${language}`);
        await chromium.inExtension(() => chrome.storage.local.remove(["dismissals", "judgements"]));
      }
      await chromium.closePanel();
    }
    stage(/** @type {(typeof STATES)[string]} */ (STATES.result));
    for (const name of ["popup", "options"]) {
      const shown = await chromium.openExtensionPage(name);
      await shown.setViewport(name === "popup" ? { width: 320, height: 400 } : { width: 720, height: 1900 });
      await shown.waitForSelector(name === "popup" ? '#server[data-state="up"]' : "#techniques input");
      await fit(shown);
      await photograph(shown, `${name}-${language}`);
      if (name === "options") {
        await shown.setViewport({ width: 360, height: 900, deviceScaleFactor: 2 });
        await photograph(shown, `options-zoomed-${language}`);
      }
      await shown.close();
    }

    for (const palette of ["strong", "ink", "own"]) {
      await configure({ palette, colours: { attack: "#d00000", justification: "#6a0dad", simplification: "#007070", distraction: "#c71585", call: "#ffd400", wording: "#333333" } });
      const panel = await check();
      await readPanel(panel, "result");
      await photograph(page, `page-colours-${palette}-${language}`);
      await photographPanel(panel, `panel-colours-${palette}-${language}`);
      await chromium.closePanel();
    }
    await chromium.inExtension(() => chrome.storage.local.remove(["palette", "colours"]));

    await configure({ token: "a-token-of-another-server" });
    stage(/** @type {(typeof STATES)[string]} */ (STATES.token));
    /** States that come of the page or the settings, not of an answer. @type {[string, () => Promise<Page>][]} */
    const others = [
      ["wrong-token", check],
      ["restricted", () => commandAt("chrome://version")],
      ["no-selection", () => commandAt(site.url("page.html"))],
      ["no-article", () => commandAt(site.url("page.html"), "E")],
      ["not-ready", () => commandAt("about:blank")],
    ];
    for (const [name, reach] of others) {
      const panel = await reach();
      await readPanel(panel, "failure");
      await photographPanel(panel, `panel-${name}-${language}`);
      await chromium.closePanel();
    }
    await chromium.inExtension(() => chrome.storage.local.remove("token"));

    // The usual port, as a reader sees it; no server of one's own may be running there meanwhile.
    await chromium.inExtension(() => chrome.storage.local.remove("port"));
    const panel = await check();
    await readPanel(panel, "failure");
    await photographPanel(panel, `panel-down-${language}`);
    await chromium.closePanel();
  }
} finally {
  await chromium.close();
  site.close();
  standIn.close();
}
