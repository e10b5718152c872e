// Make docs/overlay.png: a real browser window with a checked page and the side panel.
//
//   apt-get install xvfb imagemagick
//   xvfb-run -a -s "-screen 0 1280x800x24" node tools/overlay-picture.mjs
import { execFileSync } from "node:child_process";
import { setTimeout as later } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";
import { readPanel, select } from "../tests/e2e/reader.mjs";
import { freePort, startServer } from "../tests/e2e/server.mjs";
import { openSite } from "../tests/e2e/site.mjs";

const EXTENSION = fileURLToPath(new URL("../extension", import.meta.url));
const PICTURE = fileURLToPath(new URL("../docs/overlay.png", import.meta.url));

const site = await openSite();
const server = await startServer(await freePort());
const browser = await puppeteer.launch({
  executablePath: execFileSync("which", ["chromium"], { encoding: "utf8" }).trim(),
  pipe: true,
  headless: false,
  ignoreDefaultArgs: ["--enable-automation"], // no bar that says so
  enableExtensions: true,
  defaultViewport: null,
  args: [
    "--no-sandbox",
    "--disable-background-networking",
    "--host-resolver-rules=MAP *.test 127.0.0.1",
    "--window-position=0,0",
    "--window-size=1280,800",
    "--hide-scrollbars",
    "--test-type", // no bar that warns of the flags above
  ],
});
try {
  const id = await browser.installExtension(EXTENSION);
  const target = await browser.waitForTarget((t) => t.type() === "service_worker" && t.url().includes(id));
  const worker = await target.worker();
  // A worker can be spoken to a moment before it has the extension's API.
  while (!(await worker?.evaluate(() => "chrome" in globalThis && "storage" in chrome)));
  await worker?.evaluate((port) => chrome.storage.local.set({ port }), server.port);
  const [page] = await browser.pages();
  if (!page) throw new Error("the browser opened no page");
  await page.goto(site.url("news.html"));
  await select(page, "#article");
  await page.bringToFront();
  const session = await page.createCDPSession();
  const key = { key: "S", code: "KeyS", windowsVirtualKeyCode: 83, nativeVirtualKeyCode: 83, modifiers: 9 };
  await session.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...key });
  await session.send("Input.dispatchKeyEvent", { type: "keyUp", ...key });
  const panel = await (await browser.waitForTarget((t) => t.url().endsWith("/ui/panel.html"))).asPage();
  await readPanel(panel, "result");
  await page.evaluate(() => document.querySelector("h1")?.scrollIntoView());
  await later(1500); // the window slides the panel in, and nothing says when that ends
  execFileSync("import", ["-window", "root", "-strip", PICTURE]);
  execFileSync("mogrify", ["-dither", "None", "-colors", "128", "-define", "png:format=png8", PICTURE]);
} finally {
  await browser.close();
  await server.stop();
  site.close();
}
