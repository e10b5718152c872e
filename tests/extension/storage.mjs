/**
 * Return an area of the browser's storage that lives in memory; like the browser's, it gives out copies.
 *
 * @param {Record<string, unknown>} [kept]
 */
export function storageArea(kept = {}) {
  return /** @type {any} */ ({
    /** @param {string | null} key */
    get: async (key) => structuredClone(key === null ? kept : key in kept ? { [key]: kept[key] } : {}),
    /** @param {Record<string, unknown>} items */
    set: async (items) => void Object.assign(kept, structuredClone(items)),
    /** @param {string} key */
    remove: async (key) => void delete kept[key],
  });
}
