// The list beside the page: all that is painted there, in words.
import { browser, shortcuts } from "../shared/browser.js";
import { DISMISSALS_KEY, readDismissals } from "../shared/dismissals.js";
import { FILTER_KEY, NO_FILTER, readFilter } from "../shared/filter.js";
import { isSameJudgement, JUDGEMENTS_KEY, judgementOf, readJudgements } from "../shared/judgements.js";
import { toBackground, toPage, viewKey } from "../shared/messages.js";
import { shownOf, siteOf, urlOf } from "../shared/shown.js";
import { byId, element } from "./element.js";
import { failureBody, failureTitle } from "./failure.js";
import { hideFilter, showFilter } from "./filter.js";
import { copyRow, saveJson, savePage } from "./handing-on.js";
import * as list from "./list.js";
import { countMessage, languageName, message } from "./localise.js";
import { preparePage } from "./page.js";
import { rowElement } from "./row.js";
import { factsOf, techniqueName } from "./words.js";

const status = byId("status", HTMLElement);
const facts = byId("facts", HTMLElement);
const progress = byId("progress", HTMLProgressElement);
const notice = byId("notice", HTMLElement);
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
/** What this panel dismissed last. @type {Dismissal | null} */
let undoable = null;

preparePage();
fillKeysHelp();
byId("clear", HTMLButtonElement).addEventListener("click", clear);
byId("next", HTMLButtonElement).addEventListener("click", () => step(1));
byId("previous", HTMLButtonElement).addEventListener("click", () => step(-1));
byId("export-json", HTMLButtonElement).addEventListener("click", () => {
  if (view?.kind === "result") saveJson(view);
});
byId("export-html", HTMLButtonElement).addEventListener("click", () => {
  if (view?.kind === "result") savePage(view, list.shownRows(), status.textContent ?? "");
});
byId("dismissals", HTMLButtonElement).addEventListener("click", () => browser.runtime.openOptionsPage());
undo.addEventListener("click", restore);
document.addEventListener("keydown", onKey);
browser.tabs.onActivated.addListener(({ windowId }) => followTab(windowId));
browser.storage.onChanged.addListener((changes, area) => {
  if (area === "session" && viewKey(tabId) in changes) refresh();
  else if ((area === "session" && FILTER_KEY in changes) || (area === "local" && (DISMISSALS_KEY in changes || JUDGEMENTS_KEY in changes))) listAnew();
});
browser.runtime.onMessage.addListener((/** @type {ToBackground} */ message) => {
  if (message.type === "pointed" && message.run === view?.run) list.point(message.index);
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
  if (view?.kind === "result" && list.hasRows()) showRows(view);
}

/** @param {View | null} next */
function show(next) {
  view = next;
  undoable = null;
  document.body.dataset.state = view?.kind ?? "idle";
  facts.textContent = "";
  progress.hidden = view?.kind !== "checking";
  notice.replaceChildren();
  list.fill([]);
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
  list.fill(rows.map((row, i) => rowElement(row, i, result.techniques[row.flag.technique], place, actions)));
  showRows(result);
}

/**
 * Show of a result what its reader wants to see, and say how much that leaves out.
 *
 * @param {View & {kind: "result"}} result
 */
function showRows({ rows, source, model, techniques }) {
  const flags = rows.map((row) => row.flag);
  const { kept, shown } = shownOf(flags, siteOf(source), dismissals, filter);
  say(kept.length ? countMessage("found", kept.length) : message("allDismissed"));
  showFilter(filter, kept.map((index) => /** @type {Flag} */ (flags[index])), shown.length, (id) => techniqueName(techniques[id], id));
  list.showOnly(shown);
  flags.forEach((flag, index) => {
    const judgement = judgementOf(flag, model, source, new Date());
    list.markUnhelpful(index, judgements.some((other) => isSameJudgement(other, judgement)));
  });
  for (const id of ["previous", "next"]) byId(id, HTMLButtonElement).disabled = shown.length === 0;
  dismissed.hidden = kept.length === rows.length;
  dismissedCount.textContent = countMessage("dismissed", rows.length - kept.length);
  undo.hidden = undoable === null;
}

/**
 * Open a row and show its passage in the page.
 *
 * @param {number} index
 */
async function choose(index) {
  if (view?.kind !== "result") return;
  const { run, source, rows } = view;
  list.choose(index);
  if (source.where !== "page" || rows[index]?.placed !== "page") return;
  const isShown = await toPage(tabId, source.frameId, { type: "emphasise", run, index });
  if (!isShown && view?.run === run) list.sayGone(index);
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
  const shown = list.shownRows();
  focusOn(shown.find((other) => other > index) ?? shown.at(-1));
}

async function restore() {
  const dismissal = undoable;
  if (dismissal === null) return;
  const before = list.shownRows();
  undoable = null;
  await toBackground({ type: "restore", dismissal });
  await listAnew();
  const shown = list.shownRows();
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
 * @param {number} index
 * @param {"text" | "annotation"} form
 */
async function copy(index, form) {
  return view?.kind === "result" && copyRow(view, index, form);
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

/** @param {number | undefined} index */
function focusOn(index) {
  if (index === undefined) undo.focus();
  else list.focusRow(index);
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

/** @param {1 | -1} by */
function step(by) {
  const index = list.neighbour(by);
  if (index !== null) choose(index);
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
