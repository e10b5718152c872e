// What a reader has dismissed for good, on this machine alone.

export const DISMISSALS_KEY = "dismissals";

/**
 * @param {Pick<chrome.storage.StorageArea, "get">} storage
 * @returns {Promise<Dismissal[]>}
 */
export async function readDismissals(storage) {
  return /** @type {Dismissal[] | undefined} */ ((await storage.get(DISMISSALS_KEY))[DISMISSALS_KEY]) ?? [];
}

/**
 * @param {Dismissal} dismissal
 * @param {Flag} flag
 * @param {string} site where the flagged text stands
 */
export function covers(dismissal, flag, site) {
  return (
    dismissal.technique === flag.technique &&
    (dismissal.site === null || dismissal.site === site) &&
    (dismissal.text === null || dismissal.text === flag.text)
  );
}

/**
 * @param {Dismissal} a
 * @param {Dismissal} b
 */
export function isSame(a, b) {
  return a.technique === b.technique && a.site === b.site && a.text === b.text;
}
