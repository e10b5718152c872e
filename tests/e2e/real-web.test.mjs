// The web as it is, in Chromium: frames, fields, pages that never rest, colours of the system's, and long texts.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { asRead, painted, readPanel, select, selectInFrame } from "./reader.mjs";
import { openSetting } from "./setting.mjs";
import { EXCUSE_PAGES, pageOf } from "./site.mjs";
import { answer, CONTESTED, HEALTH, openStandIn, stream } from "./stand-in.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TEXT = CONTESTED.request.body.text;
const { flags: FLAGS, ...HEAD } = CONTESTED.response;

/** @typedef {import("puppeteer-core").Page} Page */
/** @typedef {import("node:http").ServerResponse} ServerResponse */

describe("on the web as it is, in Chromium,", { timeout: 900_000 }, () => {
  /** @type {Awaited<ReturnType<typeof openSetting>>} */
  let setting;
  /** @type {(typeof setting)["chromium"]} */
  let chromium;
  /** @type {(typeof setting)["site"]} */
  let site;
  /** @type {Page} */
  let page;
  /** @type {Awaited<ReturnType<typeof openStandIn>>} */
  let standIn;

  before(async () => {
    const filler = "<p>The clerk read the minutes aloud, and nobody had a question about them.</p>";
    setting = await openSetting({ ...EXCUSE_PAGES, "long.html": pageOf(`<article><p id="text">${TEXT}</p>${filler.repeat(80)}</article>`) });
    ({ chromium, site, page } = setting);
    standIn = await openStandIn();
  });

  after(async () => {
    await setting?.close();
    standIn?.close();
  });
  beforeEach(() => setting.reset());
  afterEach(() => chromium.closePanel());

  /** @param {object} settings */
  const set = (settings) => chromium.inWorker((settings) => chrome.storage.local.set(settings), settings);

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

  describe("frames:", () => {
    /** @param {string} host */
    const openFramed = async (host) => {
      await page.evaluate((address) => {
        const frame = document.createElement("iframe");
        frame.src = address;
        document.body.prepend(frame);
      }, site.url("inner.html", host));
      return selectInFrame(page);
    };

    for (const [which, host] of [["the same site", "news.test"], ["this machine, which the extension may reach,", "127.0.0.1"]]) {
      test(`one of ${which} is painted in itself`, async () => {
        const frame = await openFramed(host ?? "");
        const { rows } = (await command()).shown;
        assert.ok(rows.length > 0 && rows.every(({ placed }) => placed === "page"), JSON.stringify(rows));
        assert.ok((await frame.evaluate(() => CSS.highlights.size)) > 0);
        assert.deepEqual(await painted(page), []);
      });
    }

    test("one of another site is not read, and the panel says why", async () => {
      const frame = await openFramed("other.test");
      const { shown } = await command("failure");
      assert.equal(shown.status, "No text is selected");
      assert.match(shown.notice, /frame from another site cannot be reached/);
      assert.equal(await frame.evaluate(() => CSS.highlights.size), 0);
    });
  });

  describe("text:", () => {
    beforeEach(() => page.goto(site.url("mixed.html")));

    for (const [where, selector] of [["between right-to-left words and emoji", "#mixed"], ["that its reader can edit", "#editable"], ["across the tags within its words", "#tags"]]) {
      test(`such as stands ${where} is painted where it stands`, async () => {
        const { rows } = (await check(selector ?? "")).shown;
        const marks = await painted(page);
        assert.ok(rows.length > 0 && rows.every(({ placed }) => placed === "page"));
        for (const { quote } of rows) assert.ok(marks.some(({ text, within }) => text === quote && `#${within}` === selector), quote);
      });
    }

    test("that its reader edits loses the marks of words that are gone", async () => {
      await check("#editable");
      await page.focus("#editable");
      await select(page, "#editable");
      await page.keyboard.type("Corrected.");
      await page.waitForFunction(() => CSS.highlights.size === 0);
      assert.equal(await page.$eval("#editable", (element) => element.textContent), "Corrected.");
    });
  });

  describe("a page that changes", () => {
    test("keeps the marks of a passage that it writes anew", async () => {
      await check("#provocation");
      const before = (await painted(page)).map(({ name, text }) => ({ name, text: asRead(text) }));
      assert.ok(before.length > 0);
      await page.$eval("#provocation", (paragraph) => {
        const copy = /** @type {HTMLElement} */ (paragraph.cloneNode(true));
        copy.id = "anew";
        const box = document.createElement("section");
        box.append(copy);
        paragraph.replaceWith(box);
      });
      await page.waitForFunction(() =>
        [...CSS.highlights.values()].some((highlight) => [...highlight].some((range) => range.startContainer.parentElement?.closest("#anew"))),
      );
      assert.deepEqual((await painted(page)).map(({ name, text }) => ({ name, text: asRead(text) })), before);
    });

    test("has no mark on words that have taken the place of others", async () => {
      const { panel, shown } = await check("#provocation");
      await page.$eval("#provocation", (paragraph) => {
        for (const node of [...paragraph.childNodes]) {
          const text = node.nodeType === Node.TEXT_NODE ? /** @type {Text} */ (node) : /** @type {Text} */ (node.firstChild);
          for (let at = 0; at < text.length; at += 7) text.replaceData(at, 1, "x");
        }
      });
      await page.waitForFunction(() => CSS.highlights.size === 0);
      await panel.click(".passage");
      const note = await panel.waitForSelector("li.current .note");
      assert.match((await note?.evaluate((element) => element.textContent)) ?? "", /page has changed/);
      assert.equal((await readPanel(panel, "result")).rows.length, shown.rows.length);
    });

    test("without rest keeps its marks and stays quick", async () => {
      await check("#provocation");
      const before = (await painted(page)).length;
      const changes = await page.evaluate(
        () =>
          new Promise((done) => {
            const ticker = document.body.appendChild(document.createElement("p"));
            let count = 0;
            (function tick() {
              for (let i = 0; i < 50; i += 1) ticker.textContent = `Update ${(count += 1)}`;
              if (count < 2000) requestAnimationFrame(tick);
              else done(count);
            })();
          }),
      );
      assert.equal(changes, 2000);
      assert.equal((await painted(page)).length, before);
    });
  });

  describe("colours:", () => {
    /** @param {Page} target */
    async function forceColours(target) {
      const session = await target.createCDPSession();
      await session.send("Emulation.setEmulatedMedia", { features: [{ name: "forced-colors", value: "active" }] });
      return session;
    }

    test("forced ones leave marks that are seen, and a list that is read", async () => {
      const { panel } = await check("#provocation");
      const session = await forceColours(page);
      assert.ok(await page.evaluate(() => matchMedia("(forced-colors: active)").matches));
      const paragraph = await page.$("#provocation");
      const marked = await paragraph?.screenshot({ path: chromium.output("page-forced-colours.png") });
      const forced = await forceColours(panel);
      await panel.evaluate(AXE);
      const { violations } = await panel.evaluate(() => /** @type {any} */ (globalThis).axe.run());
      assert.deepEqual(violations.map((/** @type {any} */ v) => v.id), []);
      const lines = await panel.$$eval("#rows .words", (all) => all.map((words) => getComputedStyle(words).textDecorationLine));
      assert.ok(lines.length > 0 && lines.every((line) => line === "underline"));
      await panel.screenshot({ path: chromium.output("panel-forced-colours.png") });
      await forced.detach();
      await panel.keyboard.press("Escape");
      await page.waitForFunction(() => CSS.highlights.size === 0);
      const bare = await paragraph?.screenshot();
      assert.notDeepEqual(marked, bare, "the marks are to be seen");
      await session.detach();
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
      await options.evaluate(AXE);
      const { violations } = await options.evaluate(() => /** @type {any} */ (globalThis).axe.run());
      assert.deepEqual(violations.map((/** @type {any} */ v) => [v.id, ...v.nodes.map((/** @type {any} */ n) => n.html)]), []);
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
      await panel.evaluate(AXE);
      const { violations } = await panel.evaluate(() => /** @type {any} */ (globalThis).axe.run());
      assert.deepEqual(violations.map((/** @type {any} */ v) => v.id), []);

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
    assert.match(shown.notice, /or is a blank one/);
  });

  test("a page of the browser's own is closed, and its words say so", async () => {
    await page.goto("chrome://version");
    const { shown } = await command("failure");
    assert.equal(shown.status, "This page cannot be read");
    assert.match(shown.notice, /The browser says: Cannot access a chrome:\/\/ URL/);
  });
});
