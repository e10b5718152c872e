// What is known of each tab. Kept in the browser's memory, because the worker may be stopped at any time.
import { tabOfView, viewKey } from "../shared/messages.js";

/**
 * @param {Pick<chrome.storage.StorageArea, "get" | "set" | "remove">} storage
 * @param {(tabId: number, view: View | null) => Promise<void>} changed
 */
export function createViews(storage, changed) {
  /**
   * @param {number} tabId
   * @returns {Promise<View | null>}
   */
  async function read(tabId) {
    const key = viewKey(tabId);
    return /** @type {View | undefined} */ ((await storage.get(key))[key]) ?? null;
  }

  /**
   * @param {number} tabId
   * @param {View} view
   */
  async function write(tabId, view) {
    await storage.set({ [viewKey(tabId)]: view });
    await changed(tabId, view);
  }

  /**
   * @param {number} tabId
   * @param {string} run
   */
  async function isCurrent(tabId, run) {
    return (await read(tabId))?.run === run;
  }

  return {
    read,

    /** @returns {Promise<[tabId: number, view: View][]>} */
    async all() {
      return Object.entries(await storage.get(null)).flatMap(([key, view]) => {
        const tabId = tabOfView(key);
        return tabId === null ? [] : [/** @type {[number, View]} */ ([tabId, view])];
      });
    },

    isCurrent,
    begin: write,

    /**
     * Replace the view unless a later run, or a clearing, has taken its place.
     *
     * @param {number} tabId
     * @param {View} view
     */
    async advance(tabId, view) {
      if (await isCurrent(tabId, view.run)) await write(tabId, view);
    },

    /** @param {number} tabId */
    async forget(tabId) {
      if ((await read(tabId)) === null) return;
      await storage.remove(viewKey(tabId));
      await changed(tabId, null);
    },
  };
}
