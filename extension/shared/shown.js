import { covers } from "./dismissals.js";
import { passes } from "./filter.js";

/** @param {Source} source */
export const siteOf = (source) => (source.where === "viewer" ? "" : source.site);

/** @param {Source} source */
export const urlOf = (source) => (source.where === "viewer" ? "" : source.url);

/**
 * Return the indices of the flags that are not dismissed, and of those among them that the filter lets through.
 *
 * The page paints what the list shows, so both go by this.
 *
 * @param {Flag[]} flags
 * @param {string} site
 * @param {Dismissal[]} dismissals
 * @param {Filter} filter
 */
export function shownOf(flags, site, dismissals, filter) {
  const kept = [...flags.keys()].filter((i) => !dismissals.some((d) => covers(d, /** @type {Flag} */ (flags[i]), site)));
  return { kept, shown: kept.filter((i) => passes(filter, /** @type {Flag} */ (flags[i]))) };
}
