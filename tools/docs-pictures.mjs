// Make the pictures of the documentation, in docs: real browser windows, and states of the panel.
//
//   apt-get install xvfb imagemagick
//   make gallery
//   xvfb-run -a -s "-screen 0 1280x800x24" node tools/docs-pictures.mjs
//
// The states come from the gallery; each picture keeps at most 128 colours, which a reader does not see.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { setTimeout as later } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openChromium } from "../tests/e2e/chromium.mjs";
import { openFirefox } from "../tests/e2e/firefox.mjs";
import { listedIn, select } from "../tests/e2e/reader.mjs";
import { freePort, startServer } from "../tests/e2e/server.mjs";
import { openSite } from "../tests/e2e/site.mjs";

const DOCS = fileURLToPath(new URL("../docs/", import.meta.url));
const GALLERY = process.argv[2] ?? fileURLToPath(new URL("../tests/e2e/output/gallery/", import.meta.url));
const FROM_GALLERY = ["panel-why", "panel-down", "panel-nothing", "popup"];

/**
 * Write a picture with few colours; without `from` it shows the screen.
 *
 * @param {string} name below docs
 * @param {{from?: string, crop?: string}} [options] `crop` as ImageMagick has it
 */
function keep(name, { from, crop } = {}) {
  const picture = `${DOCS}${name}.png`;
  if (from) copyFileSync(from, picture);
  else execFileSync("import", ["-window", "root", picture]);
  const cut = crop ? ["-crop", crop, "+repage"] : [];
  const few = ["-dither", "None", "-colors", "128", "-define", "png:format=png8"];
  execFileSync("mogrify", [...cut, "-strip", ...few, picture]);
}

/** The window paints some time after all that can be waited for, and nothing says when it has. */
const settled = () => later(10_000);

/** @typedef {Awaited<ReturnType<typeof openChromium>> | Awaited<ReturnType<typeof openFirefox>>} Browser */

/**
 * Check a story in a window, and leave both to be seen.
 *
 * @param {Browser} browser
 * @param {import("puppeteer-core").Page} page
 * @param {{site: Awaited<ReturnType<typeof openSite>>, port: number}} place
 */
async function showCheckedStory(browser, page, { site, port }) {
  await browser.inExtension((/** @type {number} */ port) => void chrome.storage.local.set({ port }), port);
  await page.goto(site.url("news.html"));
  await select(page, "#article");
  await browser.pressCommand(page);
  await listedIn(browser);
  await page.evaluate(() => document.querySelector("h1")?.scrollIntoView());
  await settled();
}

/** @param {Parameters<typeof showCheckedStory>[2]} place */
async function chromiumWithPanel(place) {
  const chromium = await openChromium({ window: "1280,800" });
  try {
    const [page] = await chromium.browser.pages();
    if (!page) throw new Error("the browser opened no page");
    await showCheckedStory(chromium, page, place);
    keep("overlay");
  } finally {
    await chromium.close();
  }
}

async function chromiumExtensions() {
  const chromium = await openChromium({ window: "860,800" }); // so narrow that the page has no column beside its list
  try {
    const [page] = await chromium.browser.pages();
    if (!page) throw new Error("the browser opened no page");
    page.setDefaultTimeout(180_000);
    await page.goto("chrome://extensions", { waitUntil: [] }); // its load event is not always reported
    await page.waitForFunction(() => document.querySelector("extensions-manager")?.shadowRoot?.querySelector("#toolbar"));
    await settled();
    // The page lets no script of another reach its switch for the developer mode, at its top right.
    await page.mouse.click((await page.evaluate(() => innerWidth)) - 26, 28);
    await settled();
    keep("pictures/chromium-extensions", { crop: "860x520+0+0" });
  } finally {
    await chromium.close();
  }
}

/** @param {Parameters<typeof showCheckedStory>[2]} place */
async function firefox(place) {
  const firefox = await openFirefox({ headless: false });
  try {
    await firefox.inBrowserWindow(() => {
      window.moveTo(0, 0);
      window.resizeTo(1280, 800);
    });
    await showCheckedStory(firefox, await firefox.browser.newPage(), place);
    keep("pictures/firefox-sidebar");
    await firefox.inBrowserWindow(() => {
      gBrowser.selectedTab = gBrowser.addTrustedTab("about:debugging#/runtime/this-firefox");
      SidebarController.hide();
    });
    await settled();
    keep("pictures/firefox-debugging", { crop: "1280x640+0+0" });
  } finally {
    await firefox.close();
  }
}

mkdirSync(`${DOCS}pictures`, { recursive: true });
for (const name of FROM_GALLERY) keep(`pictures/${name}`, { from: `${GALLERY}/${name}-en-light.png` });
await chromiumExtensions();
const site = await openSite();
try {
  const server = await startServer(await freePort());
  try {
    await chromiumWithPanel({ site, port: server.port });
    await firefox({ site, port: server.port });
  } finally {
    await server.stop();
  }
} finally {
  site.close();
}
