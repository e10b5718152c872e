// One passage of the list: who says it, its words, what they resemble, and what is to be known of that.
import { element } from "./element.js";
import { confidence, message } from "./localise.js";

/**
 * @typedef {{
 *   choose: (index: number) => void,
 *   dismiss: (index: number, dismissal: Dismissal) => void,
 * }} Actions
 */

/**
 * @param {Row} row
 * @param {number} index
 * @param {Technique | undefined} technique
 * @param {{site: string, isPrivate: boolean}} place where the text stands
 * @param {Actions} actions
 */
export function rowElement(row, index, technique, place, { choose, dismiss }) {
  const { flag } = row;
  const name = technique ? withoutCapital(technique.name) : flag.technique.replaceAll("_", " ");
  const about = element(
    "div",
    { class: "about", id: `about-${index}`, hidden: "" },
    ...aboutElements(row, technique),
    dismissElement(flag, name, place, (dismissal) => dismiss(index, dismissal)),
  );
  const passage = element(
    "button",
    { type: "button", class: "passage", "aria-expanded": "false", "aria-controls": about.id },
    element(
      "span",
      { class: "voice" },
      voice(flag),
      flag.contested ? " " : null,
      flag.contested ? element("strong", { class: "contested" }, message("contested")) : null,
    ),
    element("span", { class: "quote" }, element("span", { class: "words" }, flag.text)),
    element(
      "span",
      { class: "likeness" },
      message("resembles", name, confidence(flag.confidence)),
      element("span", { class: "group" }, message(`group_${flag.group}`)),
    ),
    row.placed === "lost" ? element("span", { class: "note" }, message("lost")) : null,
  );
  passage.addEventListener("click", () => choose(index));
  const marks = { "data-group": flag.group, "data-voice": flag.attribution.voice, "data-placed": row.placed };
  return element("li", marks, passage, about);
}

/**
 * @param {Row} row
 * @param {Technique | undefined} technique
 */
function aboutElements(row, technique) {
  const entries = [
    entry("aboutContestedBy", row.contestedBy && message("quotation", row.contestedBy), "disputing"),
    entry("aboutDefinition", technique?.definition, "definition"),
    entry("aboutEffect", technique?.effect, "effect"),
    entry("aboutQuestion", technique?.question, "question"),
    entry("aboutLegitimate", technique?.legitimate, "legitimate"),
  ].flat();
  return [
    entries.length ? element("dl", {}, ...entries) : null,
    technique ? null : element("p", { class: "quiet" }, message("aboutMissing")),
  ];
}

/**
 * @param {string} key
 * @param {string | null | undefined} text
 * @param {string} kind
 */
function entry(key, text, kind) {
  return text ? [element("dt", {}, message(key)), element("dd", { class: kind }, text)] : [];
}

/**
 * @param {Flag} flag
 * @param {string} name
 * @param {{site: string, isPrivate: boolean}} place
 * @param {(dismissal: Dismissal) => void} dismiss
 */
function dismissElement({ technique, text }, name, { site, isPrivate }, dismiss) {
  /**
   * @param {string} kind
   * @param {string} label
   * @param {Omit<Dismissal, "technique">} reach
   */
  const choice = (kind, label, reach) => {
    const button = element("button", { type: "button", class: `plain dismiss-${kind}` }, label);
    button.addEventListener("click", () => dismiss({ technique, ...reach }));
    return button;
  };
  // A private window leaves no trace on the disk, so nothing is kept that tells what was read in it.
  return element(
    "div",
    { class: "dismiss" },
    isPrivate ? null : choice("passage", message("dismissPassage"), { site: site || null, text }),
    isPrivate || !site ? null : choice("site", message("dismissOnSite", name, site), { site, text: null }),
    choice("everywhere", message("dismissEverywhere", name), { site: null, text: null }),
  );
}

/** @param {Flag} flag */
function voice({ attribution: { voice, speaker } }) {
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
 * Names stand inside a sentence here; those that are written with capitals throughout keep them.
 *
 * @param {string} name
 */
function withoutCapital(name) {
  return /^\p{Lu}\p{Ll}/u.test(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name;
}
