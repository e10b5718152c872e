// What is known of each tab. Kept in the browser's memory, because the worker may be stopped at any time.
import { tabOfView, viewKey } from "../shared/messages.js";

/**
 * @param {Pick<chrome.storage.StorageArea, "get" | "set" | "remove">} storage
 * @param {(tabId: number, view: View | null, run: string) => Promise<void>} changed hears of every view, and of the
 *   run whose view is gone
 */
export function createViews(storage, changed) {
  /** @type {Promise<unknown>} */
  let done = Promise.resolve();

  /**
   * Look and change without another change in between: a page that is left and a check that begins come close
   * together.
   *
   * @template T
   * @param {() => Promise<T>} change
   */
  function inTurn(change) {
    const result = done.then(change);
    done = result.catch(() => {}); // told to whoever asked for it
    return result;
  }

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

    /**
     * @param {number} tabId
     * @param {View} view
     */
    async begin(tabId, view) {
      await inTurn(() => storage.set({ [viewKey(tabId)]: view }));
      await changed(tabId, view, view.run);
    },

    /**
     * Replace the view unless a later run, or a clearing, has taken its place.
     *
     * @param {number} tabId
     * @param {View} view
     */
    async advance(tabId, view) {
      const isDone = await inTurn(async () => {
        const isMine = await isCurrent(tabId, view.run);
        if (isMine) await storage.set({ [viewKey(tabId)]: view });
        return isMine;
      });
      if (isDone) await changed(tabId, view, view.run);
    },

    /**
     * @param {number} tabId
     * @param {string} [run] only where the view is still this run's
     */
    async forget(tabId, run) {
      const gone = await inTurn(async () => {
        const view = await read(tabId);
        if (view === null || (run !== undefined && view.run !== run)) return null;
        await storage.remove(viewKey(tabId));
        return view.run;
      });
      if (gone !== null) await changed(tabId, null, gone);
    },
  };
}
