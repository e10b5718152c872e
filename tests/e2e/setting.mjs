// What a test needs around it: a browser, the real server, a site, and a page of it.
import { openChromium } from "./chromium.mjs";
import { freePort, startServer } from "./server.mjs";
import { openSite } from "./site.mjs";

/**
 * @param {Record<string, string>} made pages besides those of the folder
 * @param {typeof openChromium | typeof import("./firefox.mjs").openFirefox} open
 */
export async function openSetting(made, open = openChromium) {
  const [site, server, browser] = await Promise.all([openSite(made), freePort().then(startServer), open()]);
  const page = await browser.browser.newPage();
  const setting = {
    site,
    server,
    browser,
    page,

    /** Begin anew: settings as they come, the page reloaded, nothing known of it. */
    async reset() {
      await browser.inExtension(() => Promise.all([chrome.storage.local.clear(), chrome.storage.session.remove("filter")]));
      await browser.inExtension((/** @type {number} */ port) => chrome.storage.local.set({ port }), setting.server.port);
      await page.goto("about:blank"); // leaves the earlier page, and with it what was found there
      await browser.setMedia(page, {});
      await page.goto(site.url("news.html"));
    },

    async close() {
      await browser.close();
      await setting.server.stop();
      site.close();
    },
  };
  return setting;
}
