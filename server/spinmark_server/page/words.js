// The words that a report is told in. They speak of wording, never of anybody's intentions.

/**
 * Say who says a passage; the first thing to know of it.
 *
 * @param {{attribution: {voice: string, speaker: string | null}, contested: boolean}} flag
 */
export function whoSays({attribution: {voice, speaker}, contested}) {
  const who = voice === "author" ? "The author’s own words."
    : speaker === null ? `Somebody ${voice}; the text names no speaker.`
    : `${speaker}, ${voice}.`;
  return contested ? `${who} The text disputes this.` : who;
}

/**
 * @param {string} name a technique's
 * @param {number} confidence
 */
export function resembles(name, confidence) {
  return `resembles ${name[0].toLowerCase()}${name.slice(1)} (${confidence.toFixed(2)})`;
}

/** @param {number} number @param {string} one @param {string} [many] */
export function counted(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

const LIMITS = "Spinmark reads wording, not facts. It cannot tell whether a claim is true, what was left out, "
  + "or what a picture or a headline elsewhere adds, and it misses passages that a careful reader would mark.";

/**
 * Sum a report up in a heading and a note.
 *
 * @param {{status: string, text_length: number, flags: unknown[]}} report
 */
export function summary({status, text_length, flags}) {
  const length = counted(text_length, "character");
  if (status === "too_short") {
    return {heading: "Too short to judge", note: `${length}. A sentence or two is the least that can be read for its wording.`};
  }
  if (status === "unsupported_language") {
    return {heading: "Not read: this does not look like English", note: "Spinmark reads English only. Nothing was checked."};
  }
  const read = status === "truncated" ? `Only the beginning was read; the text has ${length}. ` : "";
  if (flags.length === 0) {
    return {heading: "Nothing found", note: `${read || `${length} checked. `}That is no clean bill. ${LIMITS}`};
  }
  return {
    heading: flags.length === 1 ? "One passage resembles a technique" : `${flags.length.toLocaleString("en")} passages resemble a technique`,
    note: `${read || `${length} checked. `}What is not marked is not thereby sound.`,
  };
}
