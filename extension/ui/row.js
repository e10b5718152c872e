// One passage of the list: who says it, its words, what they resemble, and what is to be known of that.
import { element } from "./element.js";
import { failureTitle } from "./failure.js";
import { confidence, countMessage, message } from "./localise.js";
import { about, likeness, sureness, techniqueName, voice } from "./words.js";

// The only language that the model reads and the server describes techniques in, whatever the interface speaks.
const TEXT_LANGUAGE = "en";

/**
 * @typedef {{
 *   choose: (index: number) => void,
 *   dismiss: (index: number, dismissal: Dismissal) => void,
 *   explain: (index: number) => Promise<Explained>,
 *   copy: (index: number, form: "text" | "annotation") => Promise<boolean>,
 *   judge: (index: number, isUnhelpful: boolean) => Promise<void>,
 * }} Actions
 */

/**
 * @param {Row} row
 * @param {number} index
 * @param {Technique | undefined} technique
 * @param {{site: string, url: string, isPrivate: boolean}} place where the text stands
 * @param {Actions} actions
 */
export function rowElement(row, index, technique, place, actions) {
  const { choose, dismiss } = actions;
  const { flag } = row;
  const name = techniqueName(technique, flag.technique);
  const details = element(
    "div",
    { class: "about", id: `about-${index}`, hidden: "" },
    ...aboutElements(row, technique),
    ...toolElements(row, index, place, actions),
    dismissElement(flag, name, place, (dismissal) => dismiss(index, dismissal)),
  );
  const passage = element(
    "button",
    { type: "button", class: "passage", "aria-expanded": "false", "aria-controls": details.id },
    element(
      "span",
      { class: "voice" },
      voice(flag),
      flag.contested ? " " : null,
      flag.contested ? element("strong", { class: "contested" }, message("contested")) : null,
    ),
    element("span", { class: "quote" }, element("span", { class: "words", lang: TEXT_LANGUAGE }, flag.text)),
    element(
      "span",
      { class: "likeness" },
      likeness(flag, technique),
      ", ",
      element("span", { class: "sureness" }, sureness(flag)),
      element("span", { class: "group" }, message(`group_${flag.group}`)),
    ),
    row.placed === "lost" ? element("span", { class: "note" }, message("lost")) : null,
  );
  passage.addEventListener("click", () => choose(index));
  const marks = { "data-group": flag.group, "data-voice": flag.attribution.voice, "data-placed": row.placed };
  return element("li", marks, passage, details);
}

/**
 * @param {Row} row
 * @param {Technique | undefined} technique
 */
function aboutElements(row, technique) {
  const entries = about(row, technique).flatMap(({ kind, heading, text }) => [
    element("dt", {}, heading),
    element("dd", { class: kind, lang: TEXT_LANGUAGE }, text),
  ]);
  return [
    entries.length ? element("dl", {}, ...entries) : null,
    technique ? null : element("p", { class: "quiet" }, message("aboutMissing")),
  ];
}

/**
 * Return the buttons that explain a row, hand it on, or find fault with it.
 *
 * @param {Row} row
 * @param {number} index
 * @param {{url: string, isPrivate: boolean}} place
 * @param {Actions} actions
 */
function toolElements({ flag }, index, { url, isPrivate }, { explain, copy, judge }) {
  const why = element("button", { type: "button", class: "plain why", "aria-expanded": "false", "aria-controls": `why-${index}` }, message("why"));
  const reasons = element("div", { class: "reasons", id: `why-${index}`, hidden: "" });
  const told = element("p", { class: "told quiet", role: "status" });
  why.addEventListener("click", async () => {
    const isOpen = why.getAttribute("aria-expanded") === "true";
    why.setAttribute("aria-expanded", String(!isOpen));
    reasons.hidden = isOpen;
    told.textContent = isOpen ? "" : message("whyAsking");
    if (isOpen) return;
    const explained = await explain(index);
    reasons.replaceChildren(...reasonElements(explained));
    told.textContent = explained.kind === "explained" ? cueCount(explained.cues) : "";
  });
  /**
   * @param {"text" | "annotation"} form
   * @param {string} label
   */
  const copying = (form, label) => {
    const button = element("button", { type: "button", class: `plain copy-${form}` }, label);
    button.addEventListener("click", async () => {
      told.textContent = "";
      told.textContent = (await copy(index, form)) ? message("copied") : message("copyFailed");
    });
    return button;
  };
  const unhelpful = element("button", { type: "button", class: "plain unhelpful", "aria-pressed": "false" }, message("unhelpful"));
  unhelpful.addEventListener("click", async () => {
    const isKept = unhelpful.getAttribute("aria-pressed") !== "true";
    await judge(index, isKept);
    told.textContent = isKept ? message("unhelpfulKept") : message("unhelpfulForgotten");
  });
  return [
    element(
      "div",
      { class: "tools", role: "group", "aria-label": message("tools", flag.text.slice(0, 60)) },
      why,
      copying("text", message("copyText")),
      url ? copying("annotation", message("copyAnnotation")) : null,
      // A private window leaves no trace on the disk.
      isPrivate ? null : unhelpful,
    ),
    told,
    reasons,
  ];
}

/** @param {Cue[]} cues */
const cueCount = (cues) => (cues.length ? countMessage("whyCount", cues.length) : message("whyNothing"));

/**
 * Say which words raised a confidence and which lowered it, the strongest first.
 *
 * @param {Explained} explained
 */
function reasonElements(explained) {
  if (explained.kind === "gone") return [element("p", {}, message("whyGone"))];
  if (explained.kind !== "explained") return [element("p", {}, failureTitle(explained))];
  const cues = explained.cues.toSorted((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
  return cues.map(({ words, weight }) => {
    const amount = confidence(Math.abs(weight));
    return element(
      "p",
      { class: "cue", "data-moved": weight > 0 ? "up" : "down" },
      element("strong", { lang: TEXT_LANGUAGE }, message("quotation", words)),
      " ",
      weight > 0 ? message("whyRaised", amount) : message("whyLowered", amount),
    );
  });
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
