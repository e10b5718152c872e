// Firefox with the extension loaded from its package, and the gestures that a reader has.
//
// Popup, sidebar and menus belong to the browser's own window, which WebDriver BiDi reaches only with
// --remote-allow-system-access; functions for that scope must stand alone, since they travel as text.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";
import { buildPackages } from "./packages.mjs";

const OUTPUT = fileURLToPath(new URL("./output/", import.meta.url));
const ID = "spinmark@spinmark.example";
const MENU_ITEM = "spinmark_spinmark_example-menuitem";
const ORIGIN = "11111111-2222-4333-8444-555555555555"; // pinned; otherwise each profile has its own

/** @param {{headless?: boolean}} [options] */
export async function openFirefox({ headless = true } = {}) {
  const packages = buildPackages();
  const browser = await puppeteer.launch({
    browser: "firefox",
    headless,
    executablePath: execFileSync("which", ["firefox-esr"], { encoding: "utf8" }).trim(),
    args: ["--remote-allow-system-access"],
    extraPrefsFirefox: {
      "network.dns.localDomains": "news.test,other.test",
      "extensions.webextensions.uuids": JSON.stringify({ [ID]: ORIGIN }),
    },
  });
  await browser.installExtension(packages.firefox);
  mkdirSync(OUTPUT, { recursive: true });

  /**
   * @param {string} method
   * @param {object} words
   */
  const send = async (method, words) => /** @type {any} */ (await /** @type {any} */ (browser).connection.send(method, words)).result;
  const { contexts } = await send("browsingContext.getTree", { "moz:scope": "chrome", maxDepth: 0 });
  const { context } = contexts.find((/** @type {any} */ c) => c.url.endsWith("browser.xhtml"));

  /**
   * Run a function in the browser's own window.
   *
   * @param {(...words: any[]) => unknown} f
   * @param {unknown[]} words
   */
  async function inBrowserWindow(f, ...words) {
    const result = await send("script.callFunction", {
      target: { context },
      awaitPromise: true,
      arguments: [{ type: "string", value: JSON.stringify(words) }],
      functionDeclaration: `async (words) => JSON.stringify(await (${f})(...JSON.parse(words))) ?? "null"`,
    });
    if (result.type === "exception") throw new Error(result.exceptionDetails.text);
    return JSON.parse(result.result.value);
  }

  /**
   * Run a function with the document of the popup or the sidebar once `selector` is to be found there.
   *
   * @param {"popup" | "panel"} where
   * @param {string} selector
   * @param {(document: Document) => unknown} f
   */
  const inFrame = (where, selector, f) =>
    inBrowserWindow(
      async (where, selector, f) => {
        const find = () =>
          where === "popup"
            ? document.querySelector("browser.webextension-popup-browser")
            : document.getElementById("sidebar")?.contentDocument?.querySelector("browser");
        const isReady = (/** @type {any} */ element) =>
          element?.currentURI?.spec.endsWith(`${where}.html`) &&
          (where !== "popup" || element.closest("panel")?.state === "open");
        let element = find();
        while (!isReady(element)) {
          await new Promise((done) => setTimeout(done, 20));
          element = find();
        }
        return new Promise((done) => {
          element.messageManager.addMessageListener("answer", (/** @type {any} */ message) => done(message.data));
          const script = `(function wait() {
            const { document } = content;
            if (!document.querySelector(${JSON.stringify(selector)})) return content.setTimeout(wait, 20);
            sendAsyncMessage("answer", (${f})(document));
          })()`;
          const address = `data:application/javascript;charset=utf-8,${encodeURIComponent(script)}`;
          element.messageManager.loadFrameScript(address, false);
        });
      },
      where,
      selector,
      String(f),
    );

  /** @param {string} name */
  async function openExtensionPage(name) {
    const page = await browser.newPage();
    // The load event of such a page is never reported.
    await page.goto(`moz-extension://${ORIGIN}/ui/${name}.html`, { waitUntil: [] });
    await page.waitForSelector("h1:not(:empty)");
    return page;
  }

  const home = await openExtensionPage("options");

  return {
    browser,
    inBrowserWindow,
    inFrame,
    openExtensionPage,

    /**
     * Run a function where the extension's API is.
     *
     * @template T
     * @param {(...words: any[]) => T} f
     * @param {unknown[]} words
     */
    inExtension: (f, ...words) => home.evaluate(f, ...words),

    /** @param {import("puppeteer-core").Page} page */
    async clickAction(page) {
      await page.bringToFront();
      await inBrowserWindow(async (id) => {
        // A second click on an open popup would close it.
        document.getElementById("customizationui-widget-panel")?.hidePopup();
        const { ExtensionParent } = ChromeUtils.importESModule("resource://gre/modules/ExtensionParent.sys.mjs");
        const { extension } = WebExtensionPolicy.getByID(id);
        await ExtensionParent.apiManager.global.browserActionFor(extension).triggerAction(window);
      }, ID);
    },

    /** @param {import("puppeteer-core").Page} page */
    async pressCommand(page, letter = "S") {
      await page.bringToFront();
      await inBrowserWindow((letter) => {
        const keys = [...document.querySelectorAll("keyset[id^=ext-keyset] key")];
        keys.find((key) => key.getAttribute("key") === letter)?.doCommand();
      }, letter);
    },

    /**
     * Choose our item of the context menu.
     *
     * @param {import("puppeteer-core").Page} page
     * @param {string} selector where to click
     */
    async chooseMenuItem(page, selector) {
      await page.bringToFront();
      const box = await (await page.$(selector))?.boundingBox();
      if (!box) throw new Error(`${selector} is not drawn`);
      await page.mouse.click(box.x + 20, box.y + 10, { button: "right" });
      await inBrowserWindow(async (item) => {
        const menu = document.getElementById("contentAreaContextMenu");
        while (menu.state !== "open") await new Promise((done) => setTimeout(done, 20));
        menu.activateItem(menu.querySelector(`[id^=${item}]`));
      }, MENU_ITEM);
    },

    /** Take the permission for 127.0.0.1 away, as a user can in the add-on's settings. */
    async revokeServerAccess() {
      await inBrowserWindow(async (id) => {
        const { ExtensionPermissions } = ChromeUtils.importESModule("resource://gre/modules/ExtensionPermissions.sys.mjs");
        const { extension } = WebExtensionPolicy.getByID(id);
        await ExtensionPermissions.remove(id, { permissions: [], origins: ["http://127.0.0.1/*"] }, extension);
      }, ID);
    },

    /** Press "Allow" in the browser's question for a permission. */
    async allow() {
      await inBrowserWindow(async () => {
        const { panel } = PopupNotifications;
        while (panel.state !== "open" || !panel.firstElementChild?.button) await new Promise((done) => setTimeout(done, 20));
        panel.firstElementChild.button.click();
      });
    },

    /** @param {string} name */
    output: (name) => `${OUTPUT}${name}`,

    async close() {
      await browser.close();
      packages.remove();
    },
  };
}
