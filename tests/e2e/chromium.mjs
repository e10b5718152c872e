// Chromium with the extension loaded from its package, and the gestures that a reader has.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";
import { buildPackages } from "./packages.mjs";

const OUTPUT = fileURLToPath(new URL("./output/", import.meta.url));

export async function openChromium() {
  const packages = buildPackages();
  const browser = await puppeteer.launch({
    executablePath: execFileSync("which", ["chromium"], { encoding: "utf8" }).trim(),
    pipe: true,
    enableExtensions: true,
    defaultViewport: null,
    args: [
      "--no-sandbox",
      "--disable-background-networking",
      "--host-resolver-rules=MAP *.test 127.0.0.1",
      "--window-size=1280,900",
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

  return {
    browser,

    /**
     * Run a function in the extension's worker.
     *
     * @template T
     * @template {unknown[]} A
     * @param {(...words: A) => T} f
     * @param {A} words
     */
    async inWorker(f, ...words) {
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

    /** Close the panel, which belongs to the window and would stand beside the next page as well. */
    async closePanel() {
      const target = browser.targets().find((t) => t.url().endsWith("/ui/panel.html"));
      if (!target) return;
      const panel = await target.asPage();
      const closed = new Promise((done) => panel.once("close", done));
      await panel.evaluate(() => void setTimeout(() => close()));
      await closed;
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
