// What Firefox does otherwise than Chromium: its menu can be chosen from, and access to the server can be taken away.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { openFirefox } from "./firefox.mjs";
import { faultsOf, lettersListed, lettersPainted, listedIn, painted, select, selectInFrame } from "./reader.mjs";
import { openSetting } from "./setting.mjs";
import { EXCUSE, EXCUSE_PAGES, EXCUSE_PDF } from "./site.mjs";

describe("in Firefox alone", { timeout: 900_000 }, () => {
  /** @type {Awaited<ReturnType<typeof openSetting>>} */
  let setting;
  /** @type {Awaited<ReturnType<typeof openFirefox>>} */
  let firefox;
  /** @type {(typeof setting)["page"]} */
  let page;

  before(async () => {
    setting = await openSetting({ ...EXCUSE_PAGES, "document.pdf": EXCUSE_PDF }, openFirefox);
    ({ page } = setting);
    firefox = /** @type {typeof firefox} */ (setting.browser);
  });

  after(() => setting?.close());
  beforeEach(() => setting.reset());
  afterEach(() => firefox.closePanel());

  async function assertPaintedAsListed() {
    const { rows } = await listedIn(firefox);
    assert.ok(rows.length >= 2);
    assert.deepEqual(lettersPainted(await painted(page)), lettersListed(rows));
  }

  test("the context menu checks the selection", async () => {
    await select(page, "#article");
    await firefox.chooseMenuItem(page, "#provocation");
    await assertPaintedAsListed();
  });

  test("without access to the server a button asks for it, and the check goes on", async () => {
    await firefox.revokeServerAccess();
    await select(page, "#article");
    await firefox.pressCommand(page);
    assert.equal((await listedIn(firefox, "failure")).status, "Access is missing");
    // The browser counts a click as a gesture only while it handles input from the user.
    await firefox.inPanel("#allow", (document) => {
      const { windowUtils } = /** @type {any} */ (document.defaultView);
      const input = windowUtils.setHandlingUserInput(true);
      /** @type {HTMLElement} */ (document.getElementById("allow")).click();
      input.destruct();
    });
    await firefox.allow();
    await assertPaintedAsListed();
  });

  test("text in a frame of another site is read by the context menu alone, and listed", async () => {
    await page.evaluate((address) => {
      const frame = document.createElement("iframe");
      frame.src = address;
      document.body.prepend(frame);
    }, setting.site.url("inner.html", "other.test"));
    await selectInFrame(page);
    await firefox.chooseMenuItem(page, "iframe");
    const { rows } = await listedIn(firefox);
    assert.ok(rows.length > 0 && rows.every(({ placed }) => placed === "list"));
  });

  test("a document in the browser's viewer is read by the context menu alone, and listed", async () => {
    await page.goto(setting.site.url("document.pdf"), { waitUntil: [] });
    await firefox.inTab(".textLayer span", (document) => document.getSelection()?.selectAllChildren(/** @type {Element} */ (document.querySelector(".textLayer"))));
    await firefox.pressCommand(page);
    assert.equal((await listedIn(firefox, "failure")).status, "This page cannot be read");
    await firefox.chooseMenuItem(page, ".textLayer span");
    const { notice, rows } = await listedIn(firefox);
    assert.match(notice, /listed here only/);
    assert.ok(rows.length > 0 && rows.every(({ placed, quote }) => placed === "list" && EXCUSE.includes(quote)));
  });

  for (const name of ["popup", "panel", "options"]) {
    test(`the page ${name} is accessible`, async () => {
      const shown = await firefox.openExtensionPage(name);
      assert.deepEqual(await faultsOf(shown), []);
      await shown.close();
    });
  }
});
