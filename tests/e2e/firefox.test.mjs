// The same extension in Firefox: what differs there, and that nothing else does.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, beforeEach, describe, test } from "node:test";
import { openFirefox } from "./firefox.mjs";
import { asRead, lettersListed, lettersPainted, painted, select, selectInFrame, waitUntilPainted } from "./reader.mjs";
import { freePort, startServer } from "./server.mjs";
import { EXCUSE_PAGES, openSite, pageOf } from "./site.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

describe("in Firefox", { timeout: 900_000 }, () => {
  /** @type {Awaited<ReturnType<typeof openFirefox>>} */
  let firefox;
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {Awaited<ReturnType<typeof openSite>>} */
  let site;
  /** @type {import("puppeteer-core").Page} */
  let page;

  before(async () => {
    // A frame's address holds the port, which is known once the site is open.
    const framed = (/** @type {string} */ host) => pageOf(`<p>The minister spoke.</p><iframe src="${site.url("inner.html", host)}" title="Inner" width="600"></iframe>`);
    /** @type {Record<string, string>} */
    const pages = { ...EXCUSE_PAGES };
    site = await openSite(pages);
    for (const host of ["news.test", "other.test", "127.0.0.1"]) pages[`outer-${host}.html`] = framed(host);
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

  for (const [which, host] of [["the same site", "news.test"], ["this machine, which the extension may reach,", "127.0.0.1"]]) {
    test(`text in a frame of ${which} is painted there`, async () => {
      await page.goto(site.url(`outer-${host}.html`));
      const frame = await selectInFrame(page);
      await firefox.pressCommand(page);
      const listed = await rows();
      assert.ok(listed.length > 0 && listed.every((/** @type {any} */ { placed }) => placed === "page"));
      assert.ok((await frame.evaluate(() => CSS.highlights.size)) > 0);
      assert.deepEqual(await painted(page), []);
    });
  }

  test("text in a frame of another site is read by the context menu alone, and listed", async () => {
    await page.goto(site.url("outer-other.test.html"));
    await selectInFrame(page);
    await firefox.pressCommand(page);
    const title = await firefox.inFrame("panel", 'body[data-state="failure"]', (document) => document.getElementById("status")?.textContent);
    assert.equal(title, "No text is selected");
    await selectInFrame(page);
    await firefox.chooseMenuItem(page, "iframe");
    const listed = await rows();
    assert.ok(listed.length > 0 && listed.every((/** @type {any} */ { placed }) => placed === "list"));
  });

  test("a page that writes a passage anew keeps its marks, and has none on other words", async () => {
    await select(page, "#provocation");
    await firefox.pressCommand(page);
    const listed = await rows();
    assert.ok(listed.length > 0);
    await page.$eval("#provocation", (paragraph) => {
      const copy = /** @type {HTMLElement} */ (paragraph.cloneNode(true));
      copy.id = "anew";
      paragraph.replaceWith(copy);
    });
    await waitUntilPainted(page, listed);
    await page.$eval("#anew", (paragraph) => void (paragraph.textContent = "Corrected."));
    await page.waitForFunction(() => CSS.highlights.size === 0);
  });

  for (const [where, selector] of [["between right-to-left words and emoji", "#mixed"], ["that its reader can edit", "#editable"], ["across the tags within its words", "#tags"]]) {
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
