// Make the pictures of the documentation, in docs/pictures: real browser windows, and states of the panel.
//
//   apt-get install xvfb imagemagick
//   node tools/gallery.mjs
//   xvfb-run -a -s "-screen 0 1280x800x24" node tools/docs-pictures.mjs
//
// The states come from the gallery; each picture keeps at most 128 colours, which a reader does not see.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { setTimeout as later } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";
import { openFirefox } from "../tests/e2e/firefox.mjs";
import { select } from "../tests/e2e/reader.mjs";
import { freePort, startServer } from "../tests/e2e/server.mjs";
import { openSite } from "../tests/e2e/site.mjs";

const EXTENSION = fileURLToPath(new URL("../extension", import.meta.url));
const PICTURES = fileURLToPath(new URL("../docs/pictures/", import.meta.url));
const GALLERY = process.argv[2] ?? fileURLToPath(new URL("../tests/e2e/output/gallery/", import.meta.url));
const FROM_GALLERY = ["panel-why", "panel-down", "panel-nothing", "popup"];

/**
 * Write a picture with few colours; without `from` it shows the screen.
 *
 * @param {string} name
 * @param {{from?: string, crop?: string}} [options] `crop` as ImageMagick has it
 */
function keep(name, { from, crop } = {}) {
  const picture = `${PICTURES}${name}.png`;
  if (from) copyFileSync(from, picture);
  else execFileSync("import", ["-window", "root", picture]);
  const cut = crop ? ["-crop", crop, "+repage"] : [];
  const few = ["-dither", "None", "-colors", "128", "-define", "png:format=png8"];
  execFileSync("mogrify", [...cut, "-strip", ...few, picture]);
}

/** The window paints some time after all that can be waited for, and nothing says when it has. */
const painted = () => later(10_000);

async function chromium() {
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
      "--window-position=0,0",
      "--window-size=860,800", // so narrow that the page has no column beside its list
      "--test-type", // no bar that warns of the flags above
    ],
  });
  try {
    await browser.installExtension(EXTENSION);
    const [page] = await browser.pages();
    if (!page) throw new Error("the browser opened no page");
    page.setDefaultTimeout(180_000);
    await page.goto("chrome://extensions", { waitUntil: [] }); // its load event is not always reported
    await page.waitForFunction(() => document.querySelector("extensions-manager")?.shadowRoot?.querySelector("#toolbar"));
    await painted();
    // The page lets no script of another reach its switch for the developer mode, at its top right.
    await page.mouse.click((await page.evaluate(() => innerWidth)) - 26, 28);
    await painted();
    keep("chromium-extensions", { crop: "860x520+0+0" });
  } finally {
    await browser.close();
  }
}

async function firefox() {
  const site = await openSite();
  const server = await startServer(await freePort());
  const firefox = await openFirefox({ headless: false });
  try {
    await firefox.inBrowserWindow(() => {
      window.moveTo(0, 0);
      window.resizeTo(1280, 800);
    });
    await firefox.inExtension((port) => void chrome.storage.local.set({ port }), server.port);
    const page = await firefox.browser.newPage();
    await page.goto(site.url("news.html"));
    await select(page, "#article");
    await firefox.pressCommand(page);
    await firefox.inFrame("panel", 'body[data-state="result"]', () => true);
    await page.evaluate(() => document.querySelector("h1")?.scrollIntoView());
    await painted();
    keep("firefox-sidebar");
    await firefox.inBrowserWindow(() => {
      gBrowser.selectedTab = gBrowser.addTrustedTab("about:debugging#/runtime/this-firefox");
      SidebarController.hide();
    });
    await painted();
    keep("firefox-debugging", { crop: "1280x640+0+0" });
  } finally {
    await firefox.close();
    await server.stop();
    site.close();
  }
}

mkdirSync(PICTURES, { recursive: true });
for (const name of FROM_GALLERY)
  keep(name, { from: `${GALLERY}/${name}-en-light.png` });
await chromium();
await firefox();
