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
const ID = "{1bcf30d9-a0ed-42c5-b8ad-50ea17aa7b55}";
const MENU_ITEM = "_1bcf30d9-a0ed-42c5-b8ad-50ea17aa7b55_-menuitem";
const PATIENCE_MS = 30_000;

// As the browser's own input takes them: the key, its place on the keyboard, and its number.
/** @type {Record<string, [key: string, code: string, keyCode: number]>} */
const KEYS = {
  n: ["n", "KeyN", 78],
  p: ["p", "KeyP", 80],
  Tab: ["Tab", "Tab", 9],
  Enter: ["Enter", "Enter", 13],
  Space: [" ", "Space", 32],
  Escape: ["Escape", "Escape", 27],
};
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
   * Run a function with the document of the popup, the sidebar or the tab in front once `selector` is to be found there.
   *
   * @param {"popup" | "panel" | "tab"} where
   * @param {string} selector
   * @param {(document: Document, ...words: any[]) => unknown} f
   * @param {unknown[]} words
   */
  const inFrame = (where, selector, f, ...words) =>
    inBrowserWindow(
      async (where, selector, f, words, patience) => {
        const until = Date.now() + patience;
        const places = {
          popup: () => document.querySelector("browser.webextension-popup-browser"),
          panel: () => document.getElementById("sidebar")?.contentDocument?.querySelector("browser"),
          tab: () => gBrowser.selectedBrowser,
        };
        const find = places[where];
        const isReady = (/** @type {any} */ element) =>
          where === "tab" ||
          (element?.currentURI?.spec.endsWith(`${where}.html`) && (where !== "popup" || element.closest("panel")?.state === "open"));
        let element = find();
        while (!isReady(element)) {
          if (Date.now() > until) throw new Error(`the ${where} does not open`);
          await new Promise((done) => setTimeout(done, 20));
          element = find();
        }
        const name = `answer-${crypto.randomUUID()}`;
        return new Promise((done, fail) => {
          element.messageManager.addMessageListener(name, (/** @type {any} */ { data }) =>
            "error" in data ? fail(new Error(data.error)) : done(data.value),
          );
          const script = `(async function wait() {
            const { document } = content;
            const give = (answer) => sendAsyncMessage(${JSON.stringify(name)}, answer);
            if (document.querySelector(${JSON.stringify(selector)})) {
              try {
                give({ value: await (${f})(document, ...${JSON.stringify(words)}) });
              } catch (error) {
                give({ error: String(error) });
              }
            } else if (Date.now() < ${until}) content.setTimeout(wait, 20);
            else give({ error: ${JSON.stringify(`${selector} does not come, but `)} + document.body.dataset.state + ": " + document.body.innerText });
          })()`;
          const address = `data:application/javascript;charset=utf-8,${encodeURIComponent(script)}`;
          element.messageManager.loadFrameScript(address, false);
        });
      },
      where,
      selector,
      String(f),
      words,
      PATIENCE_MS,
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
    name: "Firefox",
    origin: `moz-extension://${ORIGIN}`,
    browser,
    inBrowserWindow,
    openExtensionPage,

    /**
     * @param {string} selector
     * @param {(document: Document, ...words: any[]) => unknown} f
     * @param {unknown[]} words
     */
    inPanel: (selector, f, ...words) => inFrame("panel", selector, f, ...words),

    /**
     * @param {string} selector
     * @param {(document: Document, ...words: any[]) => unknown} f
     * @param {unknown[]} words
     */
    inPopup: (selector, f, ...words) => inFrame("popup", selector, f, ...words),

    /**
     * The same with the page in front, also where that is the browser's own.
     *
     * @param {string} selector
     * @param {(document: Document, ...words: any[]) => unknown} f
     * @param {unknown[]} words
     */
    inTab: (selector, f, ...words) => inFrame("tab", selector, f, ...words),

    async focusPanel() {
      await inFrame("panel", "h1:not(:empty)", () => {});
      await inBrowserWindow(() => void document.getElementById("sidebar").contentDocument.querySelector("browser").focus());
    },

    /** @param {string} key */
    async pressInPanel(key) {
      await inBrowserWindow((key, code, keyCode) => {
        const input = Cc["@mozilla.org/text-input-processor;1"].createInstance(Ci.nsITextInputProcessor);
        if (!input.beginInputTransactionForTests(window)) throw new Error("the window takes no keys");
        const event = new KeyboardEvent("", { key, code, keyCode });
        input.keydown(event);
        input.keyup(event);
      }, .../** @type {[string, string, number]} */ (KEYS[key]));
    },

    closePanel: () => inBrowserWindow(() => SidebarController.hide()),

    /**
     * Let all pages see other wishes of the system's; none given are those of a new browser.
     *
     * @param {import("puppeteer-core").Page} page
     * @param {{dark?: boolean, forced?: boolean}} wishes
     */
    async setMedia(page, { dark, forced }) {
      await inBrowserWindow(
        (scheme, colours) => {
          for (const [name, value] of [["layout.css.prefers-color-scheme.content-override", scheme], ["browser.display.document_color_use", colours]]) {
            if (value === null) Services.prefs.clearUserPref(name);
            else Services.prefs.setIntPref(name, value);
          }
        },
        dark === undefined ? null : dark ? 0 : 1,
        forced ? 2 : null,
      );
      await page.waitForFunction((forced) => matchMedia("(forced-colors: active)").matches === forced, {}, forced ?? false);
    },

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
      const { x, y } = await inFrame(
        "tab",
        selector,
        (document, selector) => {
          const { x, y } = /** @type {Element} */ (document.querySelector(selector)).getBoundingClientRect();
          return { x, y };
        },
        selector,
      );
      await page.mouse.click(x + 20, y + 10, { button: "right" });
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
