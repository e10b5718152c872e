// What a reader leaves out of the list for the time being, on every page alike.

export const FILTER_KEY = "filter";

/** @type {Filter} */
export const NO_FILTER = { authorOnly: false, hiddenGroups: [] };

/**
 * @param {Pick<chrome.storage.StorageArea, "get">} storage
 * @returns {Promise<Filter>}
 */
export async function readFilter(storage) {
  return /** @type {Filter | undefined} */ ((await storage.get(FILTER_KEY))[FILTER_KEY]) ?? NO_FILTER;
}

/**
 * @param {Filter} filter
 * @param {Flag} flag
 */
export function passes(filter, flag) {
  return !filter.hiddenGroups.includes(flag.group) && (!filter.authorOnly || flag.attribution.voice === "author");
}
