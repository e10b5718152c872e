import { browser } from "../shared/browser.js";
import { readSettings } from "../shared/settings.js";

/** The messages of the language that a reader chose; null where the browser's own is wanted. */
const chosen = await chosenMessages();

/**
 * Return a string of the interface in the reader's language.
 *
 * @param {string} key
 * @param {string[]} words
 */
export const message = (key, ...words) => (chosen ? fill(chosen[key], words) : browser.i18n.getMessage(key, words));

export const LANGUAGE = message("language");

const pluralRules = new Intl.PluralRules(LANGUAGE);
const wholeNumbers = new Intl.NumberFormat(LANGUAGE);
const confidences = new Intl.NumberFormat(LANGUAGE, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/**
 * Return a string that counts something, in the language's own form for that count.
 *
 * @param {string} key
 * @param {number} count
 */
export function countMessage(key, count) {
  const number = wholeNumber(count);
  return message(`${key}_${pluralRules.select(count)}`, number) || message(`${key}_other`, number);
}

/** @param {number} value */
export const wholeNumber = (value) => wholeNumbers.format(value);

/** @param {number} value */
export const confidence = (value) => confidences.format(value);

/**
 * Return the name of a language, or null where the browser knows none for the code.
 *
 * @param {string | null} code
 */
export function languageName(code) {
  try {
    return code ? (new Intl.DisplayNames(LANGUAGE, { type: "language", fallback: "none" }).of(code) ?? null) : null;
  } catch {
    // Not a language code at all.
    return null;
  }
}

/**
 * Read the messages that the browser itself would read for that language; it offers no way to ask it for another.
 *
 * @returns {Promise<Record<string, Message> | null>}
 */
async function chosenMessages() {
  const { language } = await readSettings();
  if (language === "") return null;
  return (await fetch(browser.runtime.getURL(`_locales/${language}/messages.json`))).json();
}

/**
 * @param {Message | undefined} entry
 * @param {string[]} words
 */
function fill(entry, words) {
  const placeholders = entry?.placeholders ?? {};
  return (entry?.message ?? "").replace(/\$(\w+)\$/g, (_, name) => {
    const place = /^\$(\d)$/.exec(placeholders[name.toLowerCase()]?.content ?? "");
    return words[Number(place?.[1]) - 1] ?? "";
  });
}
