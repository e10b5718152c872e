// A reader's ways through the extension, in Chromium, with the real server.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { asRead, faultsOf, lettersListed, lettersPainted, painted, readPanel, select, waitUntilPainted } from "./reader.mjs";
import { freePort } from "./server.mjs";
import { openSetting } from "./setting.mjs";
import { EXCUSE, EXCUSE_PDF, pageOf } from "./site.mjs";

/** @typedef {import("puppeteer-core").Page} Page */

describe("in Chromium", { timeout: 900_000 }, () => {
  /** @type {Awaited<ReturnType<typeof openSetting>>} */
  let setting;
  /** @type {(typeof setting)["browser"]} */
  let chromium;
  /** @type {(typeof setting)["server"]} */
  let server;
  /** @type {(typeof setting)["site"]} */
  let site;
  /** @type {Page} */
  let page;

  before(async () => {
    setting = await openSetting({
      "document.pdf": EXCUSE_PDF,
      "long.html": pageOf(`<p id="long">${"Not a word. ".repeat(17_000)}</p>`),
      "vast.html": pageOf(`<p id="vast">${"Not a word. ".repeat(150_000)}</p>`),
    });
    ({ browser: chromium, server, site, page } = setting);
  });

  after(() => setting?.close());
  beforeEach(() => setting.reset());
  afterEach(() => chromium.closePanel());

  /** @param {number} port */
  const usePort = (port) => chromium.inExtension((port) => chrome.storage.local.set({ port }), port);

  const badge = () =>
    chromium.inExtension(async () => {
      const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
      return chrome.action.getBadgeText({ tabId: tab?.id ?? -1 });
    });

  /** @param {string} selector */
  async function check(selector, state = "result") {
    await select(page, selector);
    await chromium.pressCommand(page);
    const panel = await chromium.panel();
    return { panel, shown: await readPanel(panel, state) };
  }

  /** @param {Page} target */
  async function assertAccessible(target) {
    for (const scheme of ["light", "dark"]) {
      await target.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      assert.deepEqual(await faultsOf(target), [], scheme);
    }
  }

  /**
   * @param {Page} target
   * @param {string} name
   */
  async function photograph(target, name) {
    for (const scheme of ["light", "dark"]) {
      await target.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await target.screenshot({ path: chromium.output(`${name}-${scheme}.png`) });
    }
  }

  test("the command paints what the panel lists, and changes nothing in the page", async () => {
    const before = await page.evaluate(() => document.documentElement.outerHTML);
    const { panel, shown } = await check("#article");
    const { rows } = shown;
    const marks = await painted(page);

    assert.ok(rows.length >= 2, "the page has passages that no model should miss");
    assert.deepEqual(rows.map((row) => row.placed), rows.map(() => "page"));
    assert.deepEqual(lettersPainted(marks), lettersListed(rows));
    assert.equal(await page.evaluate(() => document.documentElement.outerHTML), before);

    assert.equal(await badge(), String(rows.length));
    assert.match(shown.status, new RegExp(`^${rows.length} passages resemble a technique$`));
    assert.match(shown.facts, /^1,038 characters checked · \S+ \d+\.\d+\.\d+$/);
    for (const { likeness, sureness, voice } of rows) {
      const [, confidence] = /^resembles [a-z].* \(([01]\.\d\d)\)$/.exec(likeness) ?? [];
      assert.ok(confidence, likeness);
      // What is shown is rounded: at a border either word is right.
      const words = [-0.005, 0.005].map((by) => (Number(confidence) + by >= 0.8 ? "high" : Number(confidence) + by >= 0.5 ? "medium" : "low"));
      assert.ok(words.map((word) => `${word} confidence`).includes(sureness), `${likeness}, ${sureness}`);
      assert.match(voice, /^(In the author’s own words|.+, (quoted|reported)|(Quoted|Reported), speaker not named)\./);
    }
    assert.equal(await page.evaluate(() => getSelection()?.toString()), "", "the selection would hide the marks");
    await photograph(page, "page");
    await photograph(panel, "panel");
    await assertAccessible(panel);
  });

  test("rows stand in reading order, and the quiet paragraph stays quiet", async () => {
    const { shown } = await check("#article");
    const text = asRead(await page.evaluate(() => document.querySelector("article")?.innerText ?? ""));
    let place = 0;
    for (const { quote } of shown.rows) {
      place = text.indexOf(asRead(quote), place);
      assert.ok(place >= 0, `${quote} does not stand after the one before it`);
    }
    const noisy = (await painted(page)).filter(({ within }) => within === "neutral" || within === "closing");
    assert.deepEqual(noisy, []);
  });

  test("the excuse in the general's mouth is his, across the tags within it", async () => {
    const { shown } = await check("#provocation");
    const row = shown.rows.find(({ likeness }) => likeness.includes("justification by provocation"));
    assert.ok(row, JSON.stringify(shown.rows));
    assert.match(row.voice, /Orlan, (quoted|reported)\./);
    const marks = (await painted(page)).filter(({ name }) => name === "spinmark-justification");
    assert.ok(marks.some(({ text }) => asRead(text) === row.quote), JSON.stringify(marks));
  });

  test("what stands after emoji is painted where it stands", async () => {
    const { shown } = await check("#article");
    const paragraph = asRead(await page.$eval("#later", (element) => element.textContent ?? ""));
    const rows = shown.rows.filter(({ quote }) => paragraph.includes(asRead(quote)));
    const marks = (await painted(page)).filter(({ within }) => within === "later");
    assert.ok(rows.length > 0, JSON.stringify(shown.rows));
    for (const { quote } of rows) assert.ok(marks.some(({ text }) => asRead(text) === asRead(quote)), quote);
  });

  test("a click on a row brings its passage into view and opens what is to be known", async () => {
    const { panel, shown } = await check("#article");
    const index = shown.rows.length - 1;
    const row = shown.rows[index];
    assert.equal(await page.evaluate(() => scrollY), 0);
    await (await panel.$$(".passage"))[index]?.click();
    await page.waitForFunction(() => CSS.highlights.has("spinmark-current"));
    const current = await page.evaluate(() => {
      const ranges = /** @type {Range[]} */ ([...(CSS.highlights.get("spinmark-current") ?? [])]);
      const { top, bottom } = /** @type {Range} */ (ranges[0]).getBoundingClientRect();
      return { text: ranges.join(" "), inView: top >= 0 && bottom <= innerHeight, scrollY };
    });
    assert.equal(asRead(current.text), asRead(row?.quote ?? ""));
    assert.ok(current.inView);
    assert.ok(current.scrollY > 0);
    const about = await panel.$eval("li.current .about", (element) => ({
      hidden: /** @type {HTMLElement} */ (element).hidden,
      headings: [...element.querySelectorAll("dt")].map((dt) => dt.textContent),
    }));
    assert.equal(about.hidden, false);
    assert.deepEqual(about.headings.slice(-4), ["What it is", "How it works on a reader", "Ask yourself", "When it is legitimate"]);
    await photograph(panel, "panel-open");
    await photograph(page, "page-current");
    await assertAccessible(panel);
  });

  test("n and p walk the rows around, Escape clears list, page and badge", async () => {
    const { panel, shown } = await check("#article");
    const currentRow = () => panel.evaluate(() => [...document.querySelectorAll("#rows > li:not([hidden])")].findIndex((li) => li.classList.contains("current")));
    const walked = [];
    for (const key of /** @type {const} */ (["n", "n", "p", "p"])) {
      await panel.keyboard.press(key);
      walked.push(await currentRow());
    }
    assert.deepEqual(walked, [0, 1, 0, shown.rows.length - 1]);
    await panel.keyboard.press("Escape");
    const { status } = await readPanel(panel, "idle");
    assert.equal(status, "Select a text to check");
    await page.waitForFunction(() => CSS.highlights.size === 0);
    assert.equal(await badge(), "");
  });

  test("leaving the page forgets what was found there", async () => {
    const { panel } = await check("#article");
    await page.goto(site.url("places.html"));
    await readPanel(panel, "idle");
    assert.equal(await badge(), "");
  });

  test("a new fragment of the same page keeps what was found", async () => {
    const { panel, shown } = await check("#article");
    await page.evaluate(() => history.pushState({}, "", "#later"));
    await page.waitForFunction(() => location.hash === "#later");
    await panel.keyboard.press("n");
    await page.waitForFunction(() => CSS.highlights.has("spinmark-current"));
    assert.equal((await readPanel(panel, "result")).rows.length, shown.rows.length);
  });

  test("the panel that says what to do is accessible", async () => {
    await usePort(await freePort());
    const { panel } = await check("#provocation", "failure");
    await photograph(panel, "panel-down");
    await assertAccessible(panel);
  });

  test("a quiet text is not given a clean bill", async () => {
    await page.goto(site.url("places.html"));
    const { panel, shown } = await check("#quiet");
    assert.equal(shown.status, "Nothing found");
    assert.match(shown.facts, /^87 characters checked/);
    assert.match(shown.notice, /not a clean bill/);
    assert.equal(await badge(), "");
    await photograph(panel, "panel-nothing");
    await assertAccessible(panel);
  });

  test("a language that the model does not read is said to be so", async () => {
    await page.goto(site.url("places.html"));
    const { panel, shown } = await check("#finnish");
    assert.equal(shown.status, "Language not supported");
    assert.match(shown.notice, /nothing was checked/);
    assert.equal(shown.facts, "", "nothing was checked, so no length is told");
    assert.equal(await panel.$eval("#export", (part) => /** @type {HTMLElement} */ (part).hidden), true);
  });

  test("a text beyond the limit is refused with both numbers", async () => {
    await page.goto(site.url("long.html"));
    const { shown } = await check("#long", "failure");
    assert.equal(shown.status, "The text is too long");
    assert.match(shown.notice, /takes 200,000 characters at once; this text has 20\d,\d{3}\./);
  });

  test("a text beyond all measure is refused as well, not mistaken for a server that is down", async () => {
    await page.goto(site.url("vast.html"));
    const { shown } = await check("#vast", "failure");
    assert.equal(shown.status, "The text is too long");
  });

  test("nothing selected is said to be so", async () => {
    await chromium.pressCommand(page);
    const { status } = await readPanel(await chromium.panel(), "failure");
    assert.equal(status, "No text is selected");
  });

  test("the browser's own pages cannot be read, and the panel says so", async () => {
    await page.goto("chrome://version");
    await chromium.pressCommand(page);
    const { status } = await readPanel(await chromium.panel(), "failure");
    assert.equal(status, "This page cannot be read");
  });

  // The menu itself is drawn by the system's window and cannot be reached; its item and what follows from it can.
  describe("the context menu", () => {
    /** @param {string} text */
    const choose = (text) =>
      chromium.inExtension(async (text) => {
        const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
        const info = { menuItemId: "check-selection", selectionText: text, frameId: 0, editable: false };
        /** @type {any} */ (chrome.contextMenus.onClicked).dispatch(info, tab);
      }, text);

    test("has our item", async () => {
      // Only what is there can be changed.
      await chromium.inExtension(() => chrome.contextMenus.update("check-selection", {}));
      await assert.rejects(chromium.inExtension(() => chrome.contextMenus.update("another", {})));
    });

    test("checks the selection of a page that a gesture has opened to us", async () => {
      const { panel } = await check("#neutral");
      await select(page, "#provocation");
      await choose("whatever the menu says of it");
      await panel.waitForSelector("#rows > li");
      const { rows } = await readPanel(panel, "result");
      assert.ok(rows.every(({ placed }) => placed === "page"));
      await waitUntilPainted(page, rows);
    });

    test("hands over what is selected in the document viewer, to be listed", async () => {
      await page.goto(site.url("document.pdf"), { waitUntil: [] });
      await page.waitForFunction(() => document.contentType === "application/pdf");
      await chromium.pressCommand(page);
      const panel = await chromium.panel();
      assert.equal((await readPanel(panel, "failure")).status, "A document viewer");
      await choose(EXCUSE);
      const { notice, rows } = await readPanel(panel, "result");
      assert.match(notice, /listed here only/);
      assert.ok(rows.length > 0 && rows.every(({ placed, quote }) => placed === "list" && EXCUSE.includes(quote)));
    });
  });

  test("the popup is accessible, with the server up and down", async () => {
    const popup = await chromium.openExtensionPage("popup");
    await popup.setViewport({ width: 320, height: 330 });
    await popup.waitForSelector('#server[data-state="up"]');
    assert.match(await popup.$eval("#server-status", (p) => p.textContent ?? ""), /^Server running: \S+ \d+\.\d+\.\d+$/);
    await photograph(popup, "popup");
    await assertAccessible(popup);
    await usePort(await freePort());
    await popup.reload();
    await popup.waitForSelector('#server[data-state="down"]');
    await popup.setViewport({ width: 320, height: 560 });
    await photograph(popup, "popup-down");
    await assertAccessible(popup);
    await popup.close();
  });

  test("the options keep a port that can be one, and no other", async () => {
    const options = await chromium.openExtensionPage("options");
    const stored = () => chromium.inExtension(() => chrome.storage.local.get());
    await options.locator("#port").fill("70000");
    await options.$eval("#port", (field) => /** @type {HTMLElement} */ (field).blur());
    await options.waitForSelector('#port[aria-invalid="true"]');
    assert.equal((await stored()).port, server.port);
    await options.locator("#port").fill("9000");
    await options.$eval("#port", (field) => /** @type {HTMLElement} */ (field).blur());
    await options.waitForFunction(() => document.querySelector("#saved")?.textContent === "Saved.");
    assert.equal((await stored()).port, 9000);
    await options.select("#confidence", "0.9");
    await options.waitForFunction(async () => (await chrome.storage.local.get()).minConfidence === 0.9);
    await options.click("#test");
    await options.waitForSelector('#server[data-state="down"]');
    await photograph(options, "options");
    await assertAccessible(options);
    await options.close();
  });

  describe("the whole page", () => {
    beforeEach(() => page.goto(site.url("front.html")));

    /** The text that is to be sent, line by line. */
    const story = () =>
      page.$$eval("#story > h1, #story > p:not(:last-child)", (lines) =>
        lines.map((line) => line.textContent?.replace(/\s+/g, " ").trim()).join("\n"),
      );

    test("is checked by its main text alone, and nothing in it changes", async () => {
      await page.$eval("#banner", (banner) => getSelection()?.selectAllChildren(banner));
      const state = () => page.evaluate(() => [document.documentElement.outerHTML, String(getSelection()), scrollY]);
      const before = await state();
      await chromium.pressCommand(page, "E");
      const panel = await chromium.panel();
      const { facts, rows } = await readPanel(panel, "result");

      const letters = [...(await story())].length;
      assert.match(facts, new RegExp(`^Main text of the page · ${letters} characters checked · `));
      assert.ok(rows.length >= 2);
      assert.deepEqual(rows.map((row) => row.placed), rows.map(() => "page"));
      const marks = await painted(page);
      assert.deepEqual(lettersPainted(marks), lettersListed(rows));
      assert.deepEqual(marks.filter(({ within }) => !["story", "excuse", "own"].includes(within)), []);
      assert.deepEqual(await state(), before);
      await photograph(page, "whole-page");
    });

    test("is checked from the popup as well", async () => {
      const popup = await chromium.clickAction(page);
      await popup.waitForFunction(() => document.querySelector("#check-page kbd")?.textContent);
      await popup.click("#check-page");
      const { facts } = await readPanel(await chromium.panel(), "result");
      assert.match(facts, /^Main text of the page/);
    });

    test("without running text is said to have none", async () => {
      await page.evaluate(() => document.querySelectorAll("article, aside").forEach((element) => element.remove()));
      await chromium.pressCommand(page, "E");
      const { status } = await readPanel(await chromium.panel(), "failure");
      assert.equal(status, "No running text found");
    });

    test("clears what was marked in a frame before", async () => {
      await page.evaluate((text) => {
        const frame = document.body.appendChild(document.createElement("iframe"));
        /** @type {Document} */ (frame.contentDocument).body.textContent = text;
        frame.focus();
        frame.contentWindow?.getSelection()?.selectAllChildren(/** @type {Document} */ (frame.contentDocument).body);
      }, "They attacked our convoy first, and that left us no choice: our response was inevitable.");
      const inFrame = () => page.evaluate(() => /** @type {any} */ (document.querySelector("iframe")?.contentWindow).CSS.highlights.size);
      await chromium.pressCommand(page);
      const panel = await chromium.panel();
      await readPanel(panel, "result");
      assert.ok((await inFrame()) > 0);
      await chromium.pressCommand(page, "E");
      await panel.waitForFunction(() => document.querySelector("#facts")?.textContent?.startsWith("Main text"));
      assert.equal(await inFrame(), 0);
    });
  });

  describe("what a reader leaves out", () => {
    /** @type {Page} */
    let panel;
    /** @type {Awaited<ReturnType<typeof readPanel>>["rows"]} */
    let all;

    beforeEach(async () => {
      await page.goto(site.url("front.html"));
      await chromium.pressCommand(page, "E");
      panel = await chromium.panel();
      all = (await readPanel(panel, "result")).rows;
    });

    /**
     * Wait for the list to have these rows, and see that the page has the marks of no others.
     *
     * @param {typeof all} expected
     */
    async function assertListed(expected) {
      await panel.waitForFunction((count) => document.querySelectorAll("#rows > li:not([hidden])").length === count, {}, expected.length);
      assert.deepEqual((await readPanel(panel, "result")).rows, expected);
      await waitUntilPainted(page, expected);
    }

    /** @param {(row: typeof all[number]) => boolean} test */
    const without = (test) => all.filter((row) => !test(row));

    test("others' words, until they are wanted again", async () => {
      const own = all.filter(({ voice }) => voice.startsWith("In the author’s own words"));
      assert.ok(own.length > 0 && own.length < all.length, JSON.stringify(all));
      const toggleOthers = async () => {
        for (const button of await panel.$$("#voices button:not([hidden]):not([data-voice-of=author])")) await button.click();
      };
      await toggleOthers();
      await assertListed(own);
      assert.equal(await panel.$eval("#filtered", (p) => p.textContent), `${own.length} of ${all.length} shown`);
      assert.equal(await badge(), String(all.length), "a filter is a view; the badge tells what was found");
      await photograph(panel, "panel-filtered");
      await assertAccessible(panel);

      await panel.keyboard.press("Escape");
      await readPanel(panel, "idle");
      await chromium.pressCommand(page, "E");
      await readPanel(panel, "result");
      await assertListed(own);
      await toggleOthers();
      await assertListed(all);
    });

    test("the writer's own words, so that what others say stands alone", async () => {
      await panel.click("#voices [data-voice-of=author]");
      await assertListed(without(({ voice }) => voice.startsWith("In the author’s own words")));
      assert.equal(await panel.$eval("#voices [data-voice-of=author]", (button) => button.getAttribute("aria-pressed")), "false");
    });

    test("a group, with its button kept in focus", async () => {
      const { group } = /** @type {typeof all[number]} */ (all[0]);
      await panel.focus(`#groups [data-group="${group}"]`);
      await panel.keyboard.press("Enter");
      await assertListed(without((row) => row.group === group));
      const focused = () => panel.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).dataset.group);
      assert.equal(await focused(), group);
      assert.equal(await panel.$eval(`#groups [data-group="${group}"]`, (b) => b.getAttribute("aria-pressed")), "false");
      await panel.keyboard.press("Enter");
      await assertListed(all);
    });

    test("a passage, and takes that back at once", async () => {
      await panel.click("li:not([hidden]) .passage");
      await photograph(panel, "panel-dismiss");
      await panel.click("li.current .dismiss-passage");
      await assertListed(all.slice(1));
      assert.equal(await panel.$eval(":focus", (element) => element.className), "passage");
      assert.equal(await panel.$eval("#dismissed-count", (p) => p.textContent), "1 passage is dismissed and not listed.");
      assert.equal(await badge(), all.length > 1 ? String(all.length - 1) : "");
      await assertAccessible(panel);
      await panel.click("#undo");
      await assertListed(all);
      assert.equal(await badge(), String(all.length));
    });

    for (const reach of ["site", "everywhere"]) {
      test(`a technique (${reach}), also of the next check, until it is taken back in the options`, async () => {
        const technique = (/** @type {{likeness: string}} */ { likeness }) => likeness.replace(/ \([\d.]+\)$/, "");
        const dismissed = technique(/** @type {typeof all[number]} */ (all[0]));
        const rest = without((row) => technique(row) === dismissed);
        await panel.click("li:not([hidden]) .passage");
        await panel.click(`li.current .dismiss-${reach}`);
        await assertListed(rest);

        await page.goto(site.url("news.html"));
        await readPanel(panel, "idle");
        await page.goto(site.url("front.html"));
        await chromium.pressCommand(page, "E");
        await readPanel(panel, "result");
        await assertListed(rest);

        const options = await chromium.openExtensionPage("options");
        const entry = await options.waitForSelector("#dismissed li");
        const words = (await entry?.evaluate((li) => li.querySelector("span")?.textContent)) ?? "";
        assert.match(words, reach === "site" ? /^All .+ on news\.test$/ : /^All .+ everywhere$/);
        await photograph(options, `options-dismissed-${reach}`);
        await assertAccessible(options);
        await options.click("#dismissed button");
        await options.waitForFunction(() => document.querySelector("#dismissed-status")?.textContent === "Nothing is dismissed.");
        await options.close();
        await page.bringToFront();
        await assertListed(all);
      });
    }

    test("everything, which is not called nothing found", async () => {
      for (let left = all.length; left > 0; ) {
        await panel.click("li:not([hidden]) .passage");
        await panel.click("li.current .dismiss-everywhere");
        await panel.waitForFunction((before) => document.querySelectorAll("#rows > li:not([hidden])").length < before, {}, left);
        left = (await panel.$$("#rows > li:not([hidden])")).length;
      }
      assert.equal((await readPanel(panel, "result")).status, "All passages are dismissed");
      assert.equal((await panel.$$("#walk button:disabled")).length, 2, "there is nowhere to go");
      assert.equal(await panel.$eval(":focus", (element) => element.id), "undo");
      await page.waitForFunction(() => CSS.highlights.size === 0);
      await assertAccessible(panel);
    });
  });

  test("a least confidence lists what reaches it and nothing else", async () => {
    /** @param {{likeness: string}[]} rows */
    const confidences = (rows) => rows.map(({ likeness }) => Number(/\(([\d.]+)\)$/.exec(likeness)?.[1]));
    const { panel, shown } = await check("#article");
    const least = Math.max(...confidences(shown.rows)) - 0.01; // what is shown is rounded
    await panel.keyboard.press("Escape");
    await readPanel(panel, "idle");
    await chromium.inExtension((minConfidence) => chrome.storage.local.set({ minConfidence }), least);
    await select(page, "#article");
    await chromium.pressCommand(page);
    const { rows } = await readPanel(panel, "result");
    assert.ok(rows.length > 0);
    assert.ok(confidences(rows).every((confidence) => confidence >= least - 0.005), `${confidences(rows)} and ${least}`);
  });
});
