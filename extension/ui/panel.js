// The list beside the page: all that is painted there, in words.
import { annotationOf, reportOf } from "../shared/annotation.js";
import { browser, shortcuts } from "../shared/browser.js";
import { DISMISSALS_KEY, readDismissals } from "../shared/dismissals.js";
import { FILTER_KEY, NO_FILTER, readFilter } from "../shared/filter.js";
import { isSameJudgement, JUDGEMENTS_KEY, judgementOf, readJudgements } from "../shared/judgements.js";
import { toBackground, toPage, viewKey } from "../shared/messages.js";
import { shownOf, siteOf } from "../shared/shown.js";
import { byId, element } from "./element.js";
import { reportPage, save } from "./export.js";
import { failureBody, failureTitle } from "./failure.js";
import { hideFilter, showFilter } from "./filter.js";
import { countMessage, LANGUAGE, languageName, message, wholeNumber } from "./localise.js";
import { preparePage } from "./page.js";
import { rowElement } from "./row.js";
import { about, likeness, rowText, sureness, techniqueName, voice } from "./words.js";

const status = byId("status", HTMLElement);
const facts = byId("facts", HTMLElement);
const progress = byId("progress", HTMLProgressElement);
const notice = byId("notice", HTMLElement);
const list = byId("rows", HTMLOListElement);
const dismissed = byId("dismissed", HTMLElement);
const dismissedCount = byId("dismissed-count", HTMLElement);
const undo = byId("undo", HTMLButtonElement);
const walk = byId("walk", HTMLElement);

let tabId = -1;
let isPrivate = false;
let reading = 0;
/** @type {View | null} */
let view = null;
let filter = NO_FILTER;
/** @type {Dismissal[]} */
let dismissals = [];
/** @type {Judgement[]} */
let judgements = [];
/** The rows that are listed, as they are numbered in the view. @type {number[]} */
let shown = [];
/** @type {number | null} */
let current = null;
/** What this panel dismissed last. @type {Dismissal | null} */
let undoable = null;

preparePage();
list.setAttribute("aria-label", message("passages"));
fillKeysHelp();
byId("clear", HTMLButtonElement).addEventListener("click", clear);
byId("next", HTMLButtonElement).addEventListener("click", () => step(1));
byId("previous", HTMLButtonElement).addEventListener("click", () => step(-1));
byId("export-json", HTMLButtonElement).addEventListener("click", exportJson);
byId("export-html", HTMLButtonElement).addEventListener("click", exportHtml);
byId("dismissals", HTMLButtonElement).addEventListener("click", () => browser.runtime.openOptionsPage());
undo.addEventListener("click", restore);
document.addEventListener("keydown", onKey);
browser.tabs.onActivated.addListener(({ windowId }) => followTab(windowId));
browser.storage.onChanged.addListener((changes, area) => {
  if (area === "session" && viewKey(tabId) in changes) refresh();
  else if ((area === "session" && FILTER_KEY in changes) || (area === "local" && (DISMISSALS_KEY in changes || JUDGEMENTS_KEY in changes))) listAnew();
});
browser.runtime.onMessage.addListener((/** @type {ToBackground} */ message) => {
  if (message.type === "pointed" && message.run === view?.run) openPointed(message.index);
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
  isPrivate = tab.incognito;
  await refresh();
}

/** Show what is kept; of two readings that overlap the later one has the news. */
async function refresh() {
  reading += 1;
  const mine = reading;
  const key = viewKey(tabId);
  const [kept] = await Promise.all([browser.storage.session.get(key), readPreferences()]);
  if (mine === reading) show(/** @type {View | undefined} */ (kept[key]) ?? null);
}

async function readPreferences() {
  [filter, dismissals, judgements] = await Promise.all([
    readFilter(browser.storage.session),
    readDismissals(browser.storage.local),
    readJudgements(browser.storage.local),
  ]);
}

/** Show the same result by what its reader wants to see now. */
async function listAnew() {
  await readPreferences();
  if (view?.kind === "result" && list.hasChildNodes()) showRows(view);
}

/** @param {View | null} next */
function show(next) {
  view = next;
  shown = [];
  current = null;
  undoable = null;
  document.body.dataset.state = view?.kind ?? "idle";
  facts.textContent = "";
  progress.hidden = view?.kind !== "checking";
  notice.replaceChildren();
  list.replaceChildren();
  hideFilter();
  dismissed.hidden = true;
  walk.hidden = view?.kind !== "result" || view.rows.length === 0;
  byId("export", HTMLElement).hidden = view?.kind !== "result" || !wasRead(view);
  if (view === null) showIdle();
  else if (view.kind === "checking") {
    say(view.words ? countMessage("checkingWords", view.words) : message("checking"));
    showProgress(view.progress);
  } else if (view.kind === "failure") {
    say(failureTitle(view.failure));
    notice.append(...failureBody(view.failure, view.port, () => toBackground({ type: "retry", tabId })));
    if (view.failure.kind === "down") notice.append(element("p", { class: "quiet" }, message("downKept")));
  } else showResult(view);
}

/** @param {Progress | null} at */
function showProgress(at) {
  if (at) progress.value = at.reached;
  else progress.removeAttribute("value"); // which says that nobody knows
  facts.textContent = at ? countMessage("soFar", at.found) : "";
}

async function showIdle() {
  say(message("idleTitle"));
  const keys = await shortcuts();
  if (view !== null) return;
  const selectionKeys = keys["check-selection"];
  const pageKeys = keys["check-page"];
  notice.replaceChildren(
    element("p", {}, selectionKeys ? message("idleHow", selectionKeys) : message("idleHowWithoutKeys")),
    element("p", {}, pageKeys ? message("idlePage", pageKeys) : message("idlePageWithoutKeys")),
    element("p", { class: "quiet" }, message("idleLocal")),
  );
}

/** @param {View & {kind: "result"}} result */
function factsOf({ source, length, model }) {
  return [
    ...(source.where === "page" && source.part === "article" ? [message("mainText")] : []),
    message("lengthChecked", wholeNumber(length)),
    message("checkedBy", model.name, model.version),
  ].join(" · ");
}

/**
 * Say whether the model has read a text, rather than left it as too short or in another language.
 *
 * @param {View & {kind: "result"}} result
 */
const wasRead = ({ status }) => status === "ok" || status === "truncated";

/** @param {View & {kind: "result"}} result */
function showResult(result) {
  const { rows, source } = result;
  facts.textContent = wasRead(result) ? factsOf(result) : "";
  if (result.status === "unsupported_language") {
    const language = languageName(result.language);
    say(message("languageTitle"));
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
  if (source.where !== "page") notice.append(paragraph(message("listOnly")));
  const place = { site: siteOf(source), url: urlOf(source), isPrivate };
  const actions = { choose, dismiss, explain, copy, judge };
  list.append(
    ...rows.map((row, i) => rowElement(row, i, result.techniques[row.flag.technique], place, actions)),
  );
  showRows(result);
}

/**
 * Show the rows that are wanted and hide the others, which stay in place: a row may have the focus.
 *
 * @param {View & {kind: "result"}} result
 */
function showRows({ rows, source, model, techniques }) {
  const flags = rows.map((row) => row.flag);
  const wanted = shownOf(flags, siteOf(source), dismissals, filter);
  const { kept } = wanted;
  shown = wanted.shown;
  say(kept.length ? countMessage("found", kept.length) : message("allDismissed"));
  showFilter(filter, kept.map((index) => /** @type {Flag} */ (flags[index])), shown.length, (id) => techniqueName(techniques[id], id));
  rows.forEach((row, index) => {
    const item = itemOf(index);
    item.hidden = !shown.includes(index);
    const judgement = judgementOf(row.flag, model, source, new Date());
    const isUnhelpful = judgements.some((other) => isSameJudgement(other, judgement));
    item.querySelector(".unhelpful")?.setAttribute("aria-pressed", String(isUnhelpful));
  });
  if (current !== null && !shown.includes(current)) open(null);
  for (const id of ["previous", "next"]) byId(id, HTMLButtonElement).disabled = shown.length === 0;
  dismissed.hidden = kept.length === rows.length;
  dismissedCount.textContent = countMessage("dismissed", rows.length - kept.length);
  undo.hidden = undoable === null;
}

/** @param {number} index */
function itemOf(index) {
  return /** @type {HTMLElement} */ (list.children[index]);
}

/** @param {number} index */
function passageOf(index) {
  return /** @type {HTMLElement} */ (itemOf(index).querySelector(".passage"));
}

/**
 * Open a row, and close whichever was open.
 *
 * @param {number | null} index
 */
function open(index) {
  current = index;
  [...list.children].forEach((item, i) => {
    const isOpen = i === index;
    passageOf(i).setAttribute("aria-expanded", String(isOpen));
    item.classList.toggle("current", isOpen);
    /** @type {HTMLElement} */ (item.querySelector(".about")).hidden = !isOpen;
  });
}

/**
 * Open a row and show its passage in the page.
 *
 * @param {number} index
 */
async function choose(index) {
  if (view?.kind !== "result") return;
  const { run, source, rows } = view;
  const passage = passageOf(index);
  open(index);
  passage.focus({ preventScroll: true });
  itemOf(index).scrollIntoView({ block: "nearest" });
  if (source.where !== "page" || rows[index]?.placed !== "page") return;
  const isShown = await toPage(tabId, source.frameId, { type: "emphasise", run, index });
  if (!isShown && view?.run === run && !passage.querySelector(".note")) {
    passage.append(element("span", { class: "note" }, message("gone")));
  }
}

/**
 * Open the row of a mark at which the reader points in the page, and leave the focus there.
 *
 * @param {number} index
 */
function openPointed(index) {
  if (!shown.includes(index)) return;
  // A button that is hidden with its row would take the focus with it.
  const hadFocus = current !== null && itemOf(current).contains(document.activeElement);
  open(index);
  if (hadFocus) passageOf(index).focus({ preventScroll: true });
  itemOf(index).scrollIntoView({ block: "nearest" });
}

/**
 * @param {number} index
 * @param {Dismissal} dismissal
 */
async function dismiss(index, dismissal) {
  undoable = dismissal;
  await toBackground({ type: "dismiss", dismissal });
  await listAnew();
  // The button that was pressed is hidden; the next passage has taken its place.
  focusOn(shown.find((other) => other > index) ?? shown.at(-1));
}

async function restore() {
  const dismissal = undoable;
  if (dismissal === null) return;
  const before = shown;
  undoable = null;
  await toBackground({ type: "restore", dismissal });
  await listAnew();
  focusOn(shown.find((index) => !before.includes(index)) ?? shown[0]);
}

/**
 * @param {number} index
 * @returns {Promise<Explained>}
 */
async function explain(index) {
  return view ? toBackground({ type: "explain", tabId, run: view.run, index }) : { kind: "gone" };
}

/**
 * Put a row on the clipboard, and say whether that went well.
 *
 * @param {number} index
 * @param {"text" | "annotation"} form
 */
async function copy(index, form) {
  const row = view?.kind === "result" ? view.rows[index] : undefined;
  if (view?.kind !== "result" || !row) return false;
  const url = urlOf(view.source);
  const about = { url, model: view.model, id: crypto.randomUUID(), time: new Date() };
  const text =
    form === "text"
      ? rowText(row, view.techniques[row.flag.technique], url)
      : JSON.stringify(annotationOf(row, about), null, 2);
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without the focus a page may not write there; the reader is told.
    return false;
  }
}

/**
 * @param {number} index
 * @param {boolean} isUnhelpful
 */
async function judge(index, isUnhelpful) {
  const row = view?.kind === "result" ? view.rows[index] : undefined;
  if (view?.kind !== "result" || !row) return;
  const judgement = judgementOf(row.flag, view.model, view.source, new Date());
  await toBackground({ type: isUnhelpful ? "judge" : "unjudge", judgement });
  await listAnew();
}

/** The report as the server gave it, whatever is filtered or dismissed. */
function exportJson() {
  if (view?.kind !== "result") return;
  save("spinmark-report.json", "application/json", `${JSON.stringify(reportOf(view), null, 2)}\n`);
}

/** The rows that are listed, in words. */
function exportHtml() {
  if (view?.kind !== "result") return;
  const { rows, techniques, source } = view;
  const listed = shown.map((index) => {
    const row = /** @type {Row} */ (rows[index]);
    const technique = techniques[row.flag.technique];
    return {
      voice: row.flag.contested ? `${voice(row.flag)} ${message("contested")}` : voice(row.flag),
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
  const title = status.textContent ?? "";
  const words = { language: LANGUAGE, title, address: urlOf(source), facts: factsOf(view), notes, rows: listed };
  save("spinmark-report.html", "text/html", reportPage(document, words));
}

/** @param {Source} source */
function urlOf(source) {
  return source.where === "viewer" ? "" : source.url;
}

/** @param {number | undefined} index */
function focusOn(index) {
  (index === undefined ? undo : passageOf(index)).focus();
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Escape") clear();
  // A letter that is typed into a list of choices is its own.
  if (event.target instanceof HTMLSelectElement) return;
  if (event.key === "n") step(1);
  if (event.key === "p") step(-1);
}

/**
 * Go to the next row or the one before, and around at the ends.
 *
 * @param {1 | -1} by
 */
function step(by) {
  if (shown.length === 0) return;
  const place = current === null ? (by === 1 ? -1 : 0) : shown.indexOf(current);
  choose(/** @type {number} */ (shown.at((place + by) % shown.length)));
}

function clear() {
  if (view !== null) toBackground({ type: "clear", tabId });
}

/** @param {string} text */
function say(text) {
  if (status.textContent !== text) status.textContent = text; // the same again would be read out again
}

/** @param {string} text */
function paragraph(text) {
  return element("p", {}, text);
}

function fillKeysHelp() {
  const keys = ["n", "p", "Esc"];
  const marks = keys.map((_, i) => `\u2063${i}\u2063`);
  const parts = message("keysHelp", ...marks).split("\u2063");
  byId("keys", HTMLElement).append(
    ...parts.map((part, i) => (i % 2 ? element("kbd", {}, keys[Number(part)] ?? "") : part)),
  );
}
