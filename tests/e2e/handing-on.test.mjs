// What a reader does with a passage that was found, in Chromium: asks why, copies it, finds fault with it, exports it.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { faultsOf, painted, readPanel, select } from "./reader.mjs";
import { freePort, startServer } from "./server.mjs";
import { openSetting } from "./setting.mjs";

/** @typedef {import("puppeteer-core").Page} Page */

describe("a passage that was found, in Chromium", { timeout: 900_000 }, () => {
  /** @type {Awaited<ReturnType<typeof openSetting>>} */
  let setting;
  /** @type {(typeof setting)["browser"]} */
  let chromium;
  /** @type {(typeof setting)["site"]} */
  let site;
  /** @type {Page} */
  let page;

  before(async () => {
    setting = await openSetting({});
    ({ browser: chromium, site, page } = setting);
  });

  after(() => setting?.close());
  beforeEach(() => setting.reset());
  afterEach(() => chromium.closePanel());

  /** Check a part of the page and open its first row. */
  async function openFirst(selector = "#article") {
    await select(page, selector);
    await chromium.pressCommand(page);
    const panel = await chromium.panel();
    const shown = await readPanel(panel, "result");
    await panel.click("li:not([hidden]) .passage");
    await panel.waitForSelector("li.current .tools");
    return { panel, shown };
  }

  /** @param {Page} target */
  const assertAccessible = async (target) => assert.deepEqual(await faultsOf(target), []);

  test("is explained by words of the text, which are said to raise or lower the score", async () => {
    const { panel } = await openFirst("#provocation");
    const marks = await painted(page);
    await panel.focus("li.current .why");
    await panel.keyboard.press("Enter");
    await panel.waitForFunction(() => /moved the score|rests on/.test(document.querySelector("li.current .told")?.textContent ?? ""));
    const cues = await panel.$$eval("li.current .cue", (all) => all.map((cue) => cue.textContent ?? ""));
    const text = await page.$eval("#provocation", (p) => (p.textContent ?? "").replace(/\s+/g, " "));
    assert.ok(cues.length > 0);
    for (const cue of cues) {
      const [, words, direction] = /^“(.+)” (raised|lowered) the score by \d\.\d\d$/s.exec(cue) ?? [];
      assert.ok(words && direction && text.includes(words.replace(/\s+/g, " ")), cue);
    }
    assert.equal(await panel.$eval(":focus", (element) => element.classList.contains("why")), true);
    assert.deepEqual((await painted(page)).filter(({ name }) => !name.includes("current")), marks.filter(({ name }) => !name.includes("current")));
    await panel.screenshot({ path: chromium.output("panel-why.png") });
    await assertAccessible(panel);
    await panel.keyboard.press("Enter");
    assert.equal(await panel.$eval("li.current .reasons", (element) => /** @type {HTMLElement} */ (element).hidden), true);
  });

  test("is not explained while the server is down, and that is said", async () => {
    const { panel } = await openFirst("#provocation");
    await setting.server.stop();
    try {
      await panel.click("li.current .why");
      await panel.waitForFunction(() => document.querySelector("li.current .reasons")?.textContent === "The server is not running");
    } finally {
      setting.server = await startServer(setting.server.port);
    }
  });

  test("is kept as not helpful with the page's origin alone, listed in the options, and deleted there", async () => {
    const { panel, shown } = await openFirst();
    await panel.click("li.current .unhelpful");
    await panel.waitForSelector('li.current .unhelpful[aria-pressed="true"]');
    const { judgements } = /** @type {any} */ (await chromium.inExtension(() => chrome.storage.local.get("judgements")));
    assert.equal(judgements.length, 1);
    const [{ time, confidence, ...rest }] = judgements;
    assert.equal(rest.quote, shown.rows[0]?.quote);
    assert.equal(rest.origin, new URL(site.url("")).origin);
    assert.match(rest.model, /^spinmark-en \d/);
    assert.ok(confidence > 0 && Date.parse(time) > 0);
    assert.deepEqual(Object.keys(rest).sort(), ["model", "origin", "quote", "technique", "voice"]);

    const options = await chromium.openExtensionPage("options");
    await options.waitForSelector("#judgements li");
    await options.waitForSelector("#techniques input");
    await options.screenshot({ path: chromium.output("options-all.png"), fullPage: true });
    await assertAccessible(options);
    await options.click("#judgements button");
    await options.waitForFunction(() => document.querySelector("#judgements-status")?.textContent === "Nothing was marked as not helpful.");
    assert.equal(await options.$eval(":focus", (element) => element.id), "test");
    await options.close();
    await page.bringToFront();
    await readPanel(panel, "result"); // of the tab in front, anew
    assert.deepEqual(await panel.$$('.unhelpful[aria-pressed="true"]'), []);
  });

  test("is told apart: a server that wants a token, one that wants another, and one that has what it wants", async () => {
    const token = "a-token-of-some-length-for-this-test";
    const guarded = await startServer(await freePort(), "--token", token);
    try {
      const options = await chromium.openExtensionPage("options");
      for (const [given, state, words] of [
        ["", "token", "The server asks for a token"],
        ["another-token-of-some-length-altogether", "wrongToken", "The token does not fit"],
        [token, "up", "Server running: "],
      ]) {
        await chromium.inExtension((port, token) => chrome.storage.local.set({ port, token }), guarded.port, given);
        await options.click("#test");
        await options.waitForSelector(`#server[data-state="${state}"]`);
        assert.ok((await options.$eval("#server-status", (p) => p.textContent ?? "")).startsWith(words ?? "?"));
      }
      await options.close();
      const { shown } = await openFirst("#provocation");
      assert.ok(shown.rows.length > 0);
    } finally {
      await guarded.stop();
    }
  });

  test("stands in pages that hold at 200 % zoom and keep still for whoever wants that", async () => {
    for (const [name, width] of /** @type {const} */ ([["options", 320], ["panel", 180], ["popup", 320]])) {
      const shown = await chromium.openExtensionPage(name);
      await shown.setViewport({ width, height: 500, deviceScaleFactor: 2 });
      await shown.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
      const wide = await shown.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${name} is ${wide} px too wide`);
      const animation = await shown.evaluate(() => {
        document.body.dataset.state = "checking";
        const progress = /** @type {HTMLProgressElement | null} */ (document.querySelector("#progress"));
        if (!progress) return "none";
        progress.hidden = false;
        return getComputedStyle(progress).animationName;
      });
      assert.equal(animation, "none", name);
      await shown.close();
    }
  });

  test("is exported with its page's report, as JSON and as a page", async () => {
    const folder = mkdtempSync(join(tmpdir(), "spinmark-exports-"));
    try {
      const { panel, shown } = await openFirst();
      const session = await chromium.browser.target().createCDPSession();
      await session.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder, eventsEnabled: true });
      const saved = async (/** @type {string} */ button) => {
        const ended = new Promise((done) => session.on("Browser.downloadProgress", ({ state }) => state === "completed" && done(undefined)));
        await panel.click(button);
        await ended;
        session.removeAllListeners("Browser.downloadProgress");
      };
      await saved("#export-json");
      const report = JSON.parse(readFileSync(join(folder, "spinmark-report.json"), "utf8"));
      assert.equal(report.schema, "spinmark.report/1");
      assert.equal(report.summary.flags, shown.rows.length);
      assert.deepEqual(report.flags.map((/** @type {any} */ flag) => flag.text), shown.rows.map(({ quote }) => quote));
      await saved("#export-html");
      const html = readFileSync(join(folder, "spinmark-report.html"), "utf8");
      await page.setContent(html);
      assert.deepEqual(await page.$$eval("blockquote", (all) => all.map((quote) => quote.textContent)), shown.rows.map(({ quote }) => quote));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("is copied as text and as a W3C annotation", async () => {
    const { panel } = await openFirst();
    await panel.bringToFront();
    await panel.click("li.current .copy-text");
    await panel.waitForFunction(() => document.querySelector("li.current .told")?.textContent);
    assert.equal(await panel.$eval("li.current .told", (p) => p.textContent), "Copied.");
    await panel.click("li.current .copy-annotation");
    await panel.waitForFunction(() => document.querySelector("li.current .told")?.textContent === "Copied.");
  });

  test("is left alone by a filter for its technique, and by one for its confidence", async () => {
    const { panel, shown } = await openFirst();
    const [technique] = await panel.$$eval("#technique option", (all) => all.slice(1).map((option) => /** @type {HTMLOptionElement} */ (option).value));
    await panel.select("#technique", technique ?? "");
    await panel.waitForFunction((count) => document.querySelectorAll("#rows > li:not([hidden])").length < count, {}, shown.rows.length);
    await assertAccessible(panel);
    await panel.select("#technique", "");
    await panel.waitForFunction((count) => document.querySelectorAll("#rows > li:not([hidden])").length === count, {}, shown.rows.length);
    await panel.select("#least", "0.9");
    await panel.waitForFunction(() =>
      [...document.querySelectorAll("#rows > li:not([hidden]) .likeness")].every((p) => Number(/\(([\d.]+)\)/.exec(p.textContent ?? "")?.[1]) >= 0.9),
    );
  });

  test("is found in Finnish by whoever chooses it, and in the browser's language again", async () => {
    const options = await chromium.openExtensionPage("options");
    await Promise.all([options.waitForNavigation(), options.select("#language", "fi")]);
    await options.waitForFunction(() => document.querySelector("h1")?.textContent === "Spinmarkin asetukset");
    assert.equal(await options.evaluate(() => document.documentElement.lang), "fi");
    await options.waitForSelector("#techniques input");
    await options.screenshot({ path: chromium.output("options-fi.png"), fullPage: true });
    await assertAccessible(options);
    await options.close();
    const { panel, shown } = await openFirst();
    assert.match(shown.status, new RegExp(`^${shown.rows.length} kohtaa muistuttaa jotakin keinoa$`));
    assert.deepEqual(await panel.$$eval("li.current :is(.words, dd)", (all) => [...new Set(all.map((element) => /** @type {HTMLElement} */ (element).lang))]), ["en"]);
    assert.match(shown.rows[0]?.likeness ?? "", /^muistuttaa keinoa .+ \(\d,\d\d\)$/);
    await panel.screenshot({ path: chromium.output("panel-fi.png") });
    await assertAccessible(panel);
  });

  test("is not listed once its technique is unticked in the options", async () => {
    const options = await chromium.openExtensionPage("options");
    await options.waitForSelector("#techniques input");
    await options.click('#techniques input[value="justification_by_provocation"]');
    await options.waitForSelector("#dismissed li");
    await options.close();
    await select(page, "#provocation");
    await chromium.pressCommand(page);
    const { rows } = await readPanel(await chromium.panel(), "result");
    assert.deepEqual(rows.filter(({ likeness }) => likeness.includes("justification by provocation")), []);
  });
});
