// The same extension in Firefox: what differs there, and that nothing else does.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, beforeEach, describe, test } from "node:test";
import { openFirefox } from "./firefox.mjs";
import { asRead, lettersListed, lettersPainted, painted, select } from "./reader.mjs";
import { freePort, startServer } from "./server.mjs";
import { openSite } from "./site.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

describe("in Firefox", { timeout: 300_000 }, () => {
  /** @type {Awaited<ReturnType<typeof openFirefox>>} */
  let firefox;
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {Awaited<ReturnType<typeof openSite>>} */
  let site;
  /** @type {import("puppeteer-core").Page} */
  let page;

  before(async () => {
    const head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Made</title>';
    const excuse = "They attacked our convoy first, and that left us no choice: our response was inevitable.";
    site = await openSite({
      "inner.html": `${head}<p id="inner">${excuse}</p>`,
      "outer.html": `${head}<p>The minister spoke.</p><iframe src="inner.html" title="Inner" width="600"></iframe>`,
      "mixed.html": `${head}<p id="mixed" dir="rtl">שלום 😀👩‍👩‍👧 עולם. <span dir="ltr">${excuse}</span> 🎉 سلام</p><div id="editable" contenteditable="true">${excuse}</div>`,
    });
    server = await startServer(await freePort());
    firefox = await openFirefox();
    await firefox.inExtension((port) => chrome.storage.local.set({ port }), server.port);
    page = await firefox.browser.newPage();
  });

  after(async () => {
    await firefox?.close();
    await server?.stop();
    site?.close();
  });

  beforeEach(async () => {
    await page.goto("about:blank"); // leaves the earlier page, and with it what was found there
    await page.goto(site.url("news.html"));
  });

  /** Return the sidebar's rows once there is a result. */
  const rows = () =>
    firefox.inFrame("panel", 'body[data-state="result"]', (document) =>
      [...document.querySelectorAll("#rows > li:not([hidden])")].map((row) => ({
        group: row.getAttribute("data-group"),
        placed: row.getAttribute("data-placed"),
        quote: row.querySelector(".words")?.textContent,
      })),
    );

  async function assertPaintedAsListed() {
    const listed = await rows();
    assert.ok(listed.length >= 2);
    assert.deepEqual(lettersPainted(await painted(page)), lettersListed(listed));
  }

  test("the command paints what the sidebar lists", async () => {
    await select(page, "#article");
    await firefox.pressCommand(page);
    await assertPaintedAsListed();
    await page.screenshot({ path: firefox.output("firefox-page.png") });
  });

  test("the context menu does the same", async () => {
    await select(page, "#article");
    await firefox.chooseMenuItem(page, "#provocation");
    await assertPaintedAsListed();
  });

  test("the popup's button does the same", async () => {
    await select(page, "#article");
    await firefox.clickAction(page);
    await firefox.inFrame("popup", '#server[data-state="up"]', (document) => document.getElementById("check")?.click());
    await assertPaintedAsListed();
  });

  test("the main text of a page is checked, and a dismissed passage loses its mark", async () => {
    await page.goto(site.url("front.html"));
    await firefox.pressCommand(page, "E");
    await assertPaintedAsListed();
    const all = await rows();
    assert.deepEqual((await painted(page)).filter(({ within }) => ["banner", "beside", "imprint"].includes(within)), []);

    await firefox.inFrame("panel", ".passage", (document) => /** @type {HTMLElement} */ (document.querySelector(".passage")).click());
    await firefox.inFrame("panel", "li.current .dismiss-passage", (document) =>
      /** @type {HTMLElement} */ (document.querySelector("li.current .dismiss-passage")).click(),
    );
    await firefox.inFrame("panel", "#dismissed:not([hidden])", () => {});
    assert.deepEqual(await rows(), all.slice(1));
    await page.waitForFunction(() => !CSS.highlights.has("spinmark-current"));
    assert.deepEqual(lettersPainted(await painted(page)), lettersListed(all.slice(1)));

    await firefox.inFrame("panel", "#undo:not([hidden])", (document) => document.getElementById("undo")?.click());
    await firefox.inFrame("panel", "#dismissed[hidden]", () => {});
    assert.deepEqual(await rows(), all);
  });

  test("a click on a row emphasises its passage", async () => {
    await select(page, "#article");
    await firefox.pressCommand(page);
    const [first] = await rows();
    await firefox.inFrame("panel", ".passage", (document) => /** @type {HTMLElement} */ (document.querySelector(".passage")).click());
    await page.waitForFunction(() => CSS.highlights.has("spinmark-current"));
    const current = (await painted(page)).filter(({ name }) => name === "spinmark-current");
    assert.equal(asRead(current.map(({ text }) => text).join(" ")), asRead(first.quote));
  });

  test("without access to the server a button asks for it, and the check goes on", async () => {
    await firefox.revokeServerAccess();
    await select(page, "#article");
    await firefox.pressCommand(page);
    const title = await firefox.inFrame("panel", "#allow", (document) => document.getElementById("status")?.textContent);
    assert.equal(title, "Access is missing");
    // The browser counts a click as a gesture only while it handles input from the user.
    await firefox.inFrame("panel", "#allow", (document) => {
      const { windowUtils } = /** @type {any} */ (document.defaultView);
      const input = windowUtils.setHandlingUserInput(true);
      /** @type {HTMLElement} */ (document.getElementById("allow")).click();
      input.destruct();
    });
    await firefox.allow();
    await assertPaintedAsListed();
  });

  test("text in a shadow root is painted there", async () => {
    await page.goto(site.url("places.html"));
    await select(page, "#shadow >>> #inner");
    await firefox.pressCommand(page);
    const listed = await rows();
    const row = listed.find((/** @type {any} */ { quote }) => quote.includes("our response was inevitable"));
    assert.equal(row?.placed, "page");
  });

  test("text in a frame of the same site is painted there", async () => {
    await page.goto(site.url("outer.html"));
    const frame = page.frames().find((f) => f.url().endsWith("inner.html"));
    if (!frame) throw new Error("the frame is missing");
    await frame.evaluate(() => {
      focus();
      getSelection()?.selectAllChildren(document.body);
    });
    await firefox.pressCommand(page);
    const listed = await rows();
    assert.ok(listed.length > 0 && listed.every((/** @type {any} */ { placed }) => placed === "page"));
    assert.ok((await frame.evaluate(() => CSS.highlights.size)) > 0);
    assert.deepEqual(await painted(page), []);
  });

  for (const [where, selector] of [["between right-to-left words and emoji", "#mixed"], ["that its reader can edit", "#editable"]]) {
    test(`text ${where} is painted where it stands`, async () => {
      await page.goto(site.url("mixed.html"));
      await select(page, /** @type {string} */ (selector));
      await firefox.pressCommand(page);
      const listed = await rows();
      const marks = await painted(page);
      assert.ok(listed.length > 0);
      for (const { quote } of listed) assert.ok(marks.some(({ text }) => text === quote), quote);
    });
  }

  test("a text area's selection is listed, and the page stays as it is", async () => {
    await page.goto(site.url("places.html"));
    await page.focus("#field");
    await page.$eval("#field", (field) => /** @type {HTMLTextAreaElement} */ (field).select());
    await firefox.pressCommand(page);
    const listed = await rows();
    assert.ok(listed.length > 0 && listed.every((/** @type {any} */ { placed }) => placed === "list"));
    assert.deepEqual(await painted(page), []);
  });

  test("a page that redraws a passage is told from one that still has it", async () => {
    await select(page, "#provocation");
    await firefox.pressCommand(page);
    await rows();
    await page.$eval("#provocation", (paragraph) => void (paragraph.textContent = "Corrected."));
    await firefox.inFrame("panel", ".passage", (document) => /** @type {HTMLElement} */ (document.querySelector(".passage")).click());
    const note = await firefox.inFrame("panel", "li.current .note", (document) => document.querySelector("li.current .note")?.textContent);
    assert.match(note, /page has changed/);
  });

  test("a passage is explained by the words that moved its score", async () => {
    await select(page, "#provocation");
    await firefox.pressCommand(page);
    await rows();
    await firefox.inFrame("panel", ".passage", (document) => /** @type {HTMLElement} */ (document.querySelector(".passage")).click());
    await firefox.inFrame("panel", "li.current .why", (document) => /** @type {HTMLElement} */ (document.querySelector("li.current .why")).click());
    const cue = await firefox.inFrame("panel", "li.current .cue", (document) => document.querySelector("li.current .cue")?.textContent);
    assert.match(cue, /^“.+” (raised|lowered) the score by \d\.\d\d$/s);
  });

  for (const name of ["popup", "panel", "options"]) {
    test(`the page ${name} is accessible`, async () => {
      const extensionPage = await firefox.openExtensionPage(name);
      await extensionPage.evaluate(AXE);
      const { violations } = await extensionPage.evaluate(() => /** @type {any} */ (globalThis).axe.run());
      assert.deepEqual(violations.map((/** @type {any} */ v) => v.id), []);
      await extensionPage.close();
    });
  }
});
