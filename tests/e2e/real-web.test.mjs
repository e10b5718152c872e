// The web as it is, in Chromium: colours, paper, long texts, and servers and pages that cannot be used.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { faultsOf, readPanel, select } from "./reader.mjs";
import { openSetting } from "./setting.mjs";
import { pageOf } from "./site.mjs";
import { answer, CONTESTED, HEALTH, openStandIn, stream } from "./stand-in.mjs";

const TEXT = CONTESTED.request.body.text;
const { flags: FLAGS, ...HEAD } = CONTESTED.response;

/** @typedef {import("puppeteer-core").Page} Page */
/** @typedef {import("node:http").ServerResponse} ServerResponse */

describe("on the web as it is, in Chromium,", { timeout: 900_000 }, () => {
  /** @type {Awaited<ReturnType<typeof openSetting>>} */
  let setting;
  /** @type {(typeof setting)["browser"]} */
  let chromium;
  /** @type {(typeof setting)["site"]} */
  let site;
  /** @type {Page} */
  let page;
  /** @type {Awaited<ReturnType<typeof openStandIn>>} */
  let standIn;

  before(async () => {
    const filler = "<p>The clerk read the minutes aloud, and nobody had a question about them.</p>";
    setting = await openSetting({ "long.html": pageOf(`<article><p id="text">${TEXT}</p>${filler.repeat(80)}</article>`) });
    ({ browser: chromium, site, page } = setting);
    standIn = await openStandIn();
  });

  after(async () => {
    await setting?.close();
    standIn?.close();
  });
  beforeEach(() => setting.reset());
  afterEach(() => chromium.closePanel());

  /** @param {object} settings */
  const set = (settings) => chromium.inExtension((settings) => chrome.storage.local.set(settings), settings);

  async function command(state = "result", letter = "S") {
    await chromium.pressCommand(page, letter);
    const panel = await chromium.panel();
    return { panel, shown: await readPanel(panel, state) };
  }

  /** @param {string} selector */
  async function check(selector) {
    await select(page, selector);
    return command();
  }

  describe("colours:", () => {
    test("forced ones leave a list that is accessible", async () => {
      const { panel } = await check("#provocation");
      await chromium.setMedia(page, { forced: true });
      assert.deepEqual(await faultsOf(panel), []);
      await panel.screenshot({ path: chromium.output("panel-forced-colours.png") });
    });

    test("are printed with the marks, on a page that was dark as well", async () => {
      await page.goto(site.url("places.html"));
      await check("#dark");
      await page.emulateMediaType("print");
      const marked = await (await page.$("#dark"))?.screenshot({ path: chromium.output("page-printed.png") });
      const line = await page.$eval("#dark", (p) => [getComputedStyle(p).color, getComputedStyle(p, "::highlight(spinmark-justification-on-dark)").textDecorationColor]);
      assert.equal(line[0], line[1]);
      await page.evaluate(() => CSS.highlights.clear());
      assert.notDeepEqual(marked, await (await page.$("#dark"))?.screenshot());
      await page.emulateMediaType();
    });

    test("a reader's own are taken by the page, the list and the preview at once", async () => {
      const { panel } = await check("#provocation");
      const line = () =>
        page.$eval("#provocation", (p) => getComputedStyle(p, "::highlight(spinmark-justification)").textDecorationColor);
      assert.equal(await line(), "rgb(0, 103, 168)");
      const options = await chromium.openExtensionPage("options");
      await options.waitForSelector("#palette option");
      assert.equal(await options.$eval("#own-colours", (part) => /** @type {HTMLElement} */ (part).hidden), true);
      await options.select("#palette", "own");
      await options.$eval("#colour-justification", (input) => {
        /** @type {HTMLInputElement} */ (input).value = "#6a0dad";
        input.dispatchEvent(new Event("change"));
      });
      await page.bringToFront();
      await page.waitForFunction(
        () => getComputedStyle(/** @type {Element} */ (document.querySelector("#provocation")), "::highlight(spinmark-justification)").textDecorationColor === "rgb(106, 13, 173)",
      );
      await panel.waitForFunction(() => getComputedStyle(document.documentElement).getPropertyValue("--justification") === "#6a0dad");
      await options.bringToFront();
      const sample = await options.$eval("#preview-light [data-group=justification] .sample", (words) => getComputedStyle(words).textDecorationColor);
      assert.equal(sample, "rgb(106, 13, 173)");
      assert.deepEqual(await faultsOf(options), []);
      await options.screenshot({ path: chromium.output("options-colours.png"), fullPage: true });

      await options.click("#reset-colours");
      await options.select("#palette", "standard");
      await page.bringToFront();
      await page.waitForFunction(
        () => getComputedStyle(/** @type {Element} */ (document.querySelector("#provocation")), "::highlight(spinmark-justification)").textDecorationColor === "rgb(0, 103, 168)",
      );
      await options.close();
    });
  });

  describe("a long text", () => {
    /** What the server was asked and has not yet answered to the end. @type {ServerResponse[]} */
    let asked;
    /** @type {(() => void)[]} */
    let heard;

    beforeEach(async () => {
      asked = [];
      heard = [];
      standIn.check = (response) => {
        asked.push(response);
        for (const done of heard.splice(0)) done();
      };
      await set({ port: standIn.port });
      await page.goto(site.url("long.html"));
    });

    afterEach(() => asked.forEach((response) => response.destroy()));

    /** Begin a check and return the server's answer, of which nothing has been sent. */
    async function begin() {
      const arrived = asked.length ? Promise.resolve() : new Promise((done) => heard.push(() => done(undefined)));
      const { panel } = await command("checking", "E");
      await arrived;
      return { panel, response: /** @type {ServerResponse} */ (asked.at(-1)) };
    }

    /** @param {ServerResponse} response */
    const given = (response) => new Promise((done) => (response.closed ? done(undefined) : response.once("close", done)));

    test("is painted from the top while the rest is checked, and the panel tells how far that is", async () => {
      const { panel, response } = await begin();
      assert.equal(await panel.$eval("#progress", (bar) => bar.hasAttribute("value")), false);
      stream(response, { flag: FLAGS[0] });
      await page.waitForFunction(() => CSS.highlights.size > 0);
      await panel.waitForSelector("#progress[value]");
      assert.equal(await panel.evaluate(() => document.body.dataset.state), "checking");
      const { status, facts } = await readPanel(panel, "checking");
      assert.match(status, /^Checking [\d,]+ words…$/);
      assert.equal(facts, "1 passage so far");
      const share = await panel.$eval("#progress", (bar) => /** @type {HTMLProgressElement} */ (bar).value);
      assert.ok(share > 0 && share < 0.1, String(share));
      assert.deepEqual(await faultsOf(panel), []);

      stream(response, { report: HEAD });
      response.end();
      const { rows } = await readPanel(panel, "result");
      assert.deepEqual(rows.map(({ placed }) => placed), FLAGS.map(() => "page"));
      assert.equal(await panel.$eval("#progress", (bar) => /** @type {HTMLElement} */ (bar).hidden), true);
    });

    test("is given up at the server when its page is left", async () => {
      const { panel, response } = await begin();
      stream(response, { flag: FLAGS[0] });
      await page.waitForFunction(() => CSS.highlights.size > 0);
      await page.goto(site.url("news.html"));
      await given(response);
      await readPanel(panel, "idle");
    });

    test("is given up when another check begins", async () => {
      const { response } = await begin();
      stream(response, { flag: FLAGS[0] });
      await page.waitForFunction(() => CSS.highlights.size > 0);
      standIn.check = (response) => answer(response, CONTESTED.response);
      const { shown } = await check("#text");
      await given(response);
      assert.equal(shown.rows.length, FLAGS.length);
    });

    test("is given up when its reader clears it, and its marks go", async () => {
      const { panel, response } = await begin();
      stream(response, { flag: FLAGS[0] });
      await page.waitForFunction(() => CSS.highlights.size > 0);
      await panel.keyboard.press("Escape");
      await given(response);
      await readPanel(panel, "idle");
      await page.waitForFunction(() => CSS.highlights.size === 0);
    });

    test("whose answer breaks off is no half list", async () => {
      const { panel, response } = await begin();
      stream(response, { flag: FLAGS[0] });
      await page.waitForFunction(() => CSS.highlights.size > 0);
      response.end();
      assert.equal((await readPanel(panel, "failure")).status, "The server is not running");
      await page.waitForFunction(() => CSS.highlights.size === 0);
      standIn.check = (response) => answer(response, CONTESTED.response);
      await panel.click("#retry");
      await readPanel(panel, "result");
    });
  });

  describe("a server", () => {
    const problem = { type: "urn:spinmark:problem:x", title: "No", detail: "The request came from a page of another site." };
    /** @type {[string, (response: ServerResponse) => void, object, string, RegExp][]} */
    const cases = [
      ["that is too old", (r) => answer(r, problem, 404), { ...HEALTH, version: "0.0.9" }, "The server is too old", /version 0\.0\.9.*needs a later one/],
      ["that is too new", (r) => answer(r, { schema: "spinmark.report/2" }), HEALTH, "The server is too new", /Update the extension/],
      ["that refuses", (r) => answer(r, problem, 403), HEALTH, "The server refused the request", /turns away.*The server says: The request came/],
      ["that fails", (r) => answer(r, problem, 500), HEALTH, "The check failed", /Trying again may help/],
    ];
    for (const [name, answers, health, title, words] of cases) {
      test(`${name} is said to, with what to do`, async () => {
        Object.assign(standIn, { check: answers, health });
        await set({ port: standIn.port });
        await select(page, "#provocation");
        const { shown } = await command("failure");
        assert.equal(shown.status, title);
        assert.match(shown.notice, words);
        Object.assign(standIn, { health: HEALTH });
      });
    }
  });

  test("a blank page, to which no gesture lets us in, is not called one of the browser's own", async () => {
    await page.goto("about:blank");
    const { shown } = await command("failure");
    assert.equal(shown.status, "The page was not ready");
    assert.match(shown.notice, /A blank page has nothing to read/);
  });

  test("a page of the browser's own is closed, and its words say so", async () => {
    await page.goto("chrome://version");
    const { shown } = await command("failure");
    assert.equal(shown.status, "This page cannot be read");
    assert.match(shown.notice, /The browser says: Cannot access a chrome:\/\/ URL/);
  });
});
