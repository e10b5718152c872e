// The list beside the page: all that is painted there, in words.
import { browser } from "../shared/browser.js";
import { toBackground, toPage, viewKey } from "../shared/messages.js";
import { byId, element } from "./element.js";
import { failureBody, failureTitle } from "./failure.js";
import { confidence, countMessage, languageName, localisePage, message, wholeNumber } from "./localise.js";

const status = byId("status", HTMLElement);
const facts = byId("facts", HTMLElement);
const notice = byId("notice", HTMLElement);
const list = byId("rows", HTMLOListElement);
const walk = byId("walk", HTMLElement);

let tabId = -1;
let reading = 0;
/** @type {View | null} */
let view = null;
/** @type {number | null} */
let current = null;

localisePage();
list.setAttribute("aria-label", message("passages"));
fillKeysHelp();
byId("clear", HTMLButtonElement).addEventListener("click", clear);
document.addEventListener("keydown", onKey);
browser.tabs.onActivated.addListener(({ windowId }) => followTab(windowId));
browser.storage.onChanged.addListener((changes, area) => {
  if (area === "session" && viewKey(tabId) in changes) refresh();
});
followTab(null);

/**
 * Show what is known of the tab that this panel stands beside.
 *
 * @param {number | null} activatedIn the window in which another tab came to the front
 */
async function followTab(activatedIn) {
  const { id: windowId } = await browser.windows.getCurrent();
  if (activatedIn !== null && activatedIn !== windowId) return;
  const [tab] = await browser.tabs.query({ active: true, currentWindow: true });
  if (tab?.id === undefined) return;
  tabId = tab.id;
  await refresh();
}

/** Show what is kept; of two readings that overlap the later one has the news. */
async function refresh() {
  reading += 1;
  const mine = reading;
  const key = viewKey(tabId);
  const kept = await browser.storage.session.get(key);
  if (mine === reading) show(/** @type {View | undefined} */ (kept[key]) ?? null);
}

/** @param {View | null} next */
function show(next) {
  view = next;
  current = null;
  document.body.dataset.state = view?.kind ?? "idle";
  facts.textContent = "";
  notice.replaceChildren();
  list.replaceChildren();
  walk.hidden = view?.kind !== "result" || view.rows.length === 0;
  if (view === null) showIdle();
  else if (view.kind === "checking") {
    say(view.length ? message("checkingLength", wholeNumber(view.length)) : message("checking"));
  } else if (view.kind === "failure") {
    say(failureTitle(view.failure));
    notice.append(...failureBody(view.failure, view.port, () => toBackground({ type: "retry", tabId })));
    if (view.failure.kind === "down") notice.append(element("p", { class: "quiet" }, message("downKept")));
  } else showResult(view);
}

async function showIdle() {
  say(message("idleTitle"));
  const keys = (await browser.commands.getAll()).find((command) => command.name === "check-selection")?.shortcut;
  if (view !== null) return;
  notice.replaceChildren(
    element("p", {}, keys ? message("idleHow", keys) : message("idleHowWithoutKeys")),
    element("p", { class: "quiet" }, message("idleLocal")),
  );
}

/** @param {View & {kind: "result"}} result */
function showResult(result) {
  const { rows, model, length } = result;
  facts.textContent = [
    message("lengthChecked", wholeNumber(length)),
    message("checkedBy", model.name, model.version),
  ].join(" · ");
  if (result.status === "unsupported_language") {
    const language = languageName(result.language);
    say(message("languageTitle"));
    facts.textContent = "";
    notice.append(paragraph(language ? message("languageMeaning", language) : message("languageMeaningUnknown")));
    return;
  }
  if (result.status === "too_short") {
    say(message("tooShortTitle"));
    notice.append(paragraph(message("tooShortMeaning")));
    return;
  }
  if (result.status === "truncated") notice.append(paragraph(message("truncated")));
  if (rows.length === 0) {
    say(message("nothingTitle"));
    notice.append(paragraph(message("nothingMeaning")), paragraph(message("nothingUnseen")));
    return;
  }
  say(countMessage("found", rows.length));
  if (result.source.where !== "page") notice.append(paragraph(message("listOnly")));
  list.append(...rows.map((row, index) => rowElement(row, index, result.techniques[row.flag.technique])));
}

/**
 * @param {Row} row
 * @param {number} index
 * @param {Technique | undefined} technique
 */
function rowElement(row, index, technique) {
  const { flag } = row;
  const name = technique ? withoutCapital(technique.name) : flag.technique.replaceAll("_", " ");
  const about = element("div", { class: "about", id: `about-${index}`, hidden: "" }, ...aboutElements(row, technique));
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
 * Open a row and show its passage in the page.
 *
 * @param {number} index
 */
async function choose(index) {
  if (view?.kind !== "result" || !view.rows[index]) return;
  const { run, source, rows } = view;
  current = index;
  [...list.children].forEach((item, i) => {
    const passage = /** @type {HTMLElement} */ (item.querySelector(".passage"));
    passage.setAttribute("aria-expanded", String(i === index));
    item.classList.toggle("current", i === index);
    /** @type {HTMLElement} */ (item.querySelector(".about")).hidden = i !== index;
    if (i === index) {
      passage.focus({ preventScroll: true });
      item.scrollIntoView({ block: "nearest" });
    }
  });
  if (source.where !== "page" || rows[index]?.placed !== "page") return;
  const shown = await toPage(tabId, source.frameId, { type: "emphasise", run, index });
  const passage = list.children[index]?.querySelector(".passage");
  if (!shown && view?.run === run && passage && !passage.querySelector(".note")) {
    passage.append(element("span", { class: "note" }, message("gone")));
  }
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Escape") clear();
  if (view?.kind !== "result" || view.rows.length === 0) return;
  const last = view.rows.length - 1;
  if (event.key === "n") choose(current === null || current === last ? 0 : current + 1);
  if (event.key === "p") choose(current === null || current === 0 ? last : current - 1);
}

function clear() {
  if (view !== null) toBackground({ type: "clear", tabId });
}

/** @param {string} text */
function say(text) {
  status.textContent = text;
}

/** @param {string} text */
function paragraph(text) {
  return element("p", {}, text);
}

/**
 * Names stand inside a sentence here; those that are written with capitals throughout keep them.
 *
 * @param {string} name
 */
function withoutCapital(name) {
  return /^\p{Lu}\p{Ll}/u.test(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name;
}

function fillKeysHelp() {
  const keys = ["n", "p", "Esc"];
  const marks = keys.map((_, i) => `\u2063${i}\u2063`);
  const parts = message("keysHelp", ...marks).split("\u2063");
  byId("keys", HTMLElement).append(
    ...parts.map((part, i) => (i % 2 ? element("kbd", {}, keys[Number(part)] ?? "") : part)),
  );
}
