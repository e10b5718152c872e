import { browser } from "./browser.js";

const VIEW = "view:";

/** @param {number} tabId */
export const viewKey = (tabId) => `${VIEW}${tabId}`;

/**
 * @param {string} key
 * @returns {number | null} null for a key that is not a view's
 */
export const tabOfView = (key) => (key.startsWith(VIEW) ? Number(key.slice(VIEW.length)) : null);

/**
 * @param {ToBackground} message
 * @returns {Promise<any>}
 */
export const toBackground = (message) => browser.runtime.sendMessage(message);

/**
 * Ask a frame of a page; `null` when nothing of ours lives there any more.
 *
 * @param {number} tabId
 * @param {number} frameId
 * @param {ToPage} message
 * @returns {Promise<any>}
 */
export async function toPage(tabId, frameId, message) {
  try {
    return await browser.tabs.sendMessage(tabId, message, { frameId });
  } catch {
    // "Receiving end does not exist": the page was left or never injected. That is an answer, not a fault.
    return null;
  }
}
