// What leaves the panel: a row on the clipboard, a report as a file.
import { annotationOf, reportOf } from "../shared/annotation.js";
import { urlOf } from "../shared/shown.js";
import { reportPage, save } from "./export.js";
import { LANGUAGE, message, wholeNumber } from "./localise.js";
import { about, factsOf, likeness, rowText, sureness, voiceAndDispute } from "./words.js";

/** @typedef {View & {kind: "result"}} Result */

/**
 * Put a row on the clipboard, and say whether that went well.
 *
 * @param {Result} result
 * @param {number} index
 * @param {"text" | "annotation"} form
 */
export async function copyRow({ rows, techniques, source, model }, index, form) {
  const row = rows[index];
  if (!row) return false;
  const url = urlOf(source);
  const text =
    form === "text"
      ? rowText(row, techniques[row.flag.technique], url)
      : JSON.stringify(annotationOf(row, { url, model, id: crypto.randomUUID(), time: new Date() }), null, 2);
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without the focus a page may not write there; the reader is told.
    return false;
  }
}

/**
 * Save the report as the server gave it, whatever is filtered or dismissed.
 *
 * @param {Result} result
 */
export function saveJson(result) {
  save("spinmark-report.json", "application/json", `${JSON.stringify(reportOf(result), null, 2)}\n`);
}

/**
 * Save the rows that are shown, in words.
 *
 * @param {Result} result
 * @param {number[]} shown
 * @param {string} title
 */
export function savePage(result, shown, title) {
  const { rows, techniques, source } = result;
  const listed = shown.map((index) => {
    const row = /** @type {Row} */ (rows[index]);
    const technique = techniques[row.flag.technique];
    return {
      voice: voiceAndDispute(row.flag),
      quote: row.flag.text,
      likeness: `${likeness(row.flag, technique)}, ${sureness(row.flag)}`,
      about: about(row, technique),
    };
  });
  const notes = [
    ...(shown.length < rows.length ? [message("filtered", wholeNumber(shown.length), wholeNumber(rows.length))] : []),
    ...(rows.length ? [] : [message("nothingMeaning"), message("nothingUnseen")]),
    message("verdict"),
  ];
  const words = { language: LANGUAGE, title, address: urlOf(source), facts: factsOf(result), notes, rows: listed };
  save("spinmark-report.html", "text/html", reportPage(document, words));
}
