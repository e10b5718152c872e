// What is said of a text and of its flags, the same in the list, in a copy and in an exported report.
import { confidence, message, wholeNumber } from "./localise.js";

/**
 * Return what was checked, and by which model.
 *
 * @param {View & {kind: "result"}} result
 */
export const factsOf = ({ source, length, model }) =>
  [
    ...(source.where === "page" && source.part === "article" ? [message("mainText")] : []),
    message("lengthChecked", wholeNumber(length)),
    message("checkedBy", model.name, model.version),
  ].join(" · ");

/**
 * Return the name of a technique as it stands inside a sentence.
 *
 * @param {Technique | undefined} technique
 * @param {string} id
 */
export const techniqueName = (technique, id) =>
  technique ? withoutCapital(technique.name) : id.replaceAll("_", " ");

/**
 * @param {Flag} flag
 * @param {Technique | undefined} technique
 */
export const likeness = (flag, technique) =>
  message("resembles", techniqueName(technique, flag.technique), confidence(flag.confidence));

// A confidence is the share of such passages that a careful reader would mark as well: four of five and more, more
// than half, fewer.
const HIGH = 0.8;
const MEDIUM = 0.5;

/**
 * Return a confidence in words.
 *
 * @param {Flag} flag
 */
export function sureness({ confidence }) {
  /** @type {Sureness} */
  const kind = confidence >= HIGH ? "high" : confidence >= MEDIUM ? "medium" : "low";
  return message(`sureness_${kind}`);
}

/**
 * Return what is to be known of a row, heading by heading.
 *
 * @param {Row} row
 * @param {Technique | undefined} technique
 * @returns {{kind: string, heading: string, text: string}[]}
 */
export function about(row, technique) {
  /** @type {[string, string, string | null | undefined][]} */
  const entries = [
    ["disputing", message("aboutContestedBy"), row.contestedBy && message("quotation", row.contestedBy)],
    ["definition", message("aboutDefinition"), technique?.definition],
    ["effect", message("aboutEffect"), technique?.effect],
    ["question", message("aboutQuestion"), technique?.question],
    ["legitimate", message("aboutLegitimate"), technique?.legitimate],
  ];
  return entries.flatMap(([kind, heading, text]) => (text ? [{ kind, heading, text }] : []));
}

/**
 * Return a row as plain text: who says it comes first.
 *
 * @param {Row} row
 * @param {Technique | undefined} technique
 * @param {string} url "" where the text has none
 */
export function rowText(row, technique, url) {
  const { flag } = row;
  const lines = [
    voiceAndDispute(flag),
    message("quotation", flag.text),
    `${likeness(flag, technique)}, ${sureness(flag)}`,
    ...(row.contestedBy ? [`${message("aboutContestedBy")}: ${message("quotation", row.contestedBy)}`] : []),
    ...(url ? [url] : []),
  ];
  return lines.join("\n");
}

/** @param {Flag} flag */
export function voice({ attribution: { voice, speaker } }) {
  switch (voice) {
    case "author":
      return message("voiceAuthor");
    case "quoted":
      return speaker ? message("voiceQuoted", speaker) : message("voiceQuotedUnnamed");
    case "reported":
      return speaker ? message("voiceReported", speaker) : message("voiceReportedUnnamed");
  }
}

/**
 * Return who says a flag's words, and that the text disputes them where it does.
 *
 * @param {Flag} flag
 */
export const voiceAndDispute = (flag) => (flag.contested ? `${voice(flag)} ${message("contested")}` : voice(flag));

/**
 * Names stand inside a sentence here; those that are written with capitals throughout keep them.
 *
 * @param {string} name
 */
function withoutCapital(name) {
  return /^\p{Lu}\p{Ll}/u.test(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name;
}
