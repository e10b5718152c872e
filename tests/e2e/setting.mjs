// What a test in Chromium needs around it: the browser, the real server, a site, and a page of it.
import { openChromium } from "./chromium.mjs";
import { freePort, startServer } from "./server.mjs";
import { openSite } from "./site.mjs";

/** @param {Record<string, string>} made pages besides those of the folder */
export async function openSetting(made) {
  const [site, server, chromium] = await Promise.all([openSite(made), freePort().then(startServer), openChromium()]);
  const [page] = await chromium.browser.pages();
  if (!page) throw new Error("the browser opened no page");
  const setting = {
    site,
    server,
    chromium,
    page,

    /** Begin anew: settings as they come, the page reloaded, nothing known of it. */
    async reset() {
      await chromium.inWorker(() => Promise.all([chrome.storage.local.clear(), chrome.storage.session.remove("filter")]));
      await chromium.inWorker((port) => chrome.storage.local.set({ port }), setting.server.port);
      await page.emulateMediaFeatures([]);
      await page.goto("about:blank"); // leaves the earlier page, and with it what was found there
      await page.goto(site.url("news.html"));
    },

    async close() {
      await chromium.close();
      await setting.server.stop();
      site.close();
    },
  };
  return setting;
}
