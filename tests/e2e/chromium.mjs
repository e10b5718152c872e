// Chromium with the extension loaded from its package, and the gestures that a reader has.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";
import { buildPackages } from "./packages.mjs";

const OUTPUT = fileURLToPath(new URL("./output/", import.meta.url));

/** Flags without which a window that is drawn has bars of its own: that it is automated, and that flags were set. */
const DRAWN = ["--window-position=0,0", "--hide-scrollbars", "--test-type"];

/** @param {{window?: string | null}} [options] the size of a window to be drawn on a screen; without it none is drawn */
export async function openChromium({ window = null } = {}) {
  const packages = buildPackages();
  const browser = await puppeteer.launch({
    executablePath: execFileSync("which", ["chromium"], { encoding: "utf8" }).trim(),
    pipe: true,
    headless: window === null,
    ignoreDefaultArgs: window === null ? false : ["--enable-automation"],
    enableExtensions: true,
    defaultViewport: null,
    args: [
      "--no-sandbox",
      "--disable-background-networking",
      "--host-resolver-rules=MAP *.test 127.0.0.1",
      `--window-size=${window ?? "1280,900"}`,
      ...(window === null ? [] : DRAWN),
    ],
  });
  const id = await browser.installExtension(packages.unpackChromium());
  mkdirSync(OUTPUT, { recursive: true });

  async function worker() {
    const target = await browser.waitForTarget((t) => t.type() === "service_worker" && t.url().includes(id));
    const found = await target.worker();
    if (!found) throw new Error("the extension has no worker");
    return found;
  }

  /** @param {string} name */
  async function extensionPage(name) {
    const target = await browser.waitForTarget((t) => t.url() === `chrome-extension://${id}/ui/${name}.html`);
    const page = await target.asPage();
    await page.waitForSelector("h1:not(:empty)");
    return page;
  }

  /**
   * @param {string} name
   * @param {string} selector
   * @param {(document: Document, ...words: any[]) => unknown} f
   * @param {unknown[]} words
   */
  async function inPage(name, selector, f, ...words) {
    const page = await extensionPage(name);
    await page.waitForSelector(selector);
    return page.evaluate(`(${f})(document, ...${JSON.stringify(words)})`);
  }

  /** What is emulated for a page ends with the session that began it. @type {WeakMap<object, import("puppeteer-core").CDPSession>} */
  const sessions = new WeakMap();

  /**
   * @param {import("puppeteer-core").Page} page
   * @param {{name: string, value: string}[]} features
   */
  async function emulate(page, features) {
    await page.emulateMediaFeatures([]);
    const session = sessions.get(page) ?? (await page.createCDPSession());
    sessions.set(page, session);
    await session.send("Emulation.setEmulatedMedia", { features });
  }

  const openPanelTarget = () => browser.targets().find((target) => target.url().endsWith("/ui/panel.html"));

  return {
    name: "Chromium",
    origin: `chrome-extension://${id}`,
    browser,

    /**
     * Run a function in the extension's worker.
     *
     * @template T
     * @template {unknown[]} A
     * @param {(...words: A) => T} f
     * @param {A} words
     */
    async inExtension(f, ...words) {
      const running = await worker();
      // A worker can be spoken to a moment before it has the extension's API.
      while (!(await running.evaluate(() => "chrome" in globalThis && "storage" in chrome)));
      return running.evaluate(f, ...words);
    },

    /** @param {import("puppeteer-core").Page} page */
    async clickAction(page) {
      await page.bringToFront();
      const extension = (await browser.extensions()).get(id);
      if (!extension) throw new Error("the extension is not installed");
      await page.triggerExtensionAction(extension);
      return extensionPage("popup");
    },

    /**
     * Press Alt+Shift+S, or another letter. The browser takes the keys only with native codes.
     *
     * @param {import("puppeteer-core").Page} page
     */
    async pressCommand(page, letter = "S") {
      await page.bringToFront();
      const session = await page.createCDPSession();
      const code = letter.charCodeAt(0);
      const key = { key: letter, code: `Key${letter}`, windowsVirtualKeyCode: code, nativeVirtualKeyCode: code };
      const altAndShift = 1 | 8;
      await session.send("Input.dispatchKeyEvent", { type: "rawKeyDown", modifiers: altAndShift, ...key });
      await session.send("Input.dispatchKeyEvent", { type: "keyUp", modifiers: altAndShift, ...key });
      await session.detach();
    },

    panel: () => extensionPage("panel"),

    /**
     * Run a function with the panel's document once `selector` is to be found there.
     *
     * @param {string} selector
     * @param {(document: Document, ...words: any[]) => unknown} f
     * @param {unknown[]} words
     */
    inPanel: (selector, f, ...words) => inPage("panel", selector, f, ...words),

    /**
     * @param {string} selector
     * @param {(document: Document, ...words: any[]) => unknown} f
     * @param {unknown[]} words
     */
    inPopup: (selector, f, ...words) => inPage("popup", selector, f, ...words),

    focusPanel: async () => (await extensionPage("panel")).bringToFront(),

    /** @param {import("puppeteer-core").KeyInput} key */
    pressInPanel: async (key) => (await extensionPage("panel")).keyboard.press(key),

    /** Close the panel, which belongs to the window and would stand beside the next page as well. */
    async closePanel() {
      const panel = await openPanelTarget()?.asPage();
      if (!panel) return;
      const closed = new Promise((done) => panel.once("close", done));
      await panel.evaluate(() => void setTimeout(() => close()));
      await closed;
    },

    /**
     * Let a page, and the panel beside it, see other wishes of the system's; none given are those of a new browser.
     *
     * @param {import("puppeteer-core").Page} page
     * @param {{dark?: boolean, forced?: boolean}} wishes
     */
    async setMedia(page, { dark, forced }) {
      const features = [
        ...(dark === undefined ? [] : [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]),
        ...(forced ? [{ name: "forced-colors", value: "active" }] : []),
      ];
      const panel = await openPanelTarget()?.asPage();
      for (const shown of panel ? [page, panel] : [page]) await emulate(shown, features);
    },

    /** @param {string} name */
    async openExtensionPage(name) {
      const page = await browser.newPage();
      await page.goto(`chrome-extension://${id}/ui/${name}.html`);
      await page.waitForSelector("h1:not(:empty)");
      return page;
    },

    /** @param {string} name */
    output: (name) => `${OUTPUT}${name}`,

    async close() {
      await browser.close();
      packages.remove();
    },
  };
}
