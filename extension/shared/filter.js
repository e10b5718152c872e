// What a reader leaves out of the list for the time being, on every page alike.

export const FILTER_KEY = "filter";

/** @type {Filter} */
export const NO_FILTER = { hiddenVoices: [], hiddenGroups: [], technique: null, minConfidence: 0 };

/**
 * @param {Pick<chrome.storage.StorageArea, "get">} storage
 * @returns {Promise<Filter>}
 */
export async function readFilter(storage) {
  return { ...NO_FILTER, .../** @type {Partial<Filter> | undefined} */ ((await storage.get(FILTER_KEY))[FILTER_KEY]) };
}

/**
 * @param {Filter} filter
 * @param {Flag} flag
 */
export function passes(filter, flag) {
  return (
    !filter.hiddenGroups.includes(flag.group) &&
    !filter.hiddenVoices.includes(flag.attribution.voice) &&
    (filter.technique === null || filter.technique === flag.technique) &&
    flag.confidence >= filter.minConfidence
  );
}
