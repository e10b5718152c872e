// Wires the browser's events to what is done about them.
import { browser, openPanel, SERVER_ORIGIN } from "../shared/browser.js";
import { markStyle } from "../shared/colours.js";
import { readSettings, settingsFrom } from "../shared/settings.js";
import { createApi } from "./api.js";
import { check } from "./check.js";
import * as page from "./page.js";
import { createPreferences } from "./preferences.js";
import { createRuns } from "./runs.js";
import { createViews } from "./views.js";

const MENU_ITEM = "check-selection";
/** @type {Record<string, Part>} */
const COMMANDS = { "check-selection": "selection", "check-page": "article" };
const BADGE_COLOR = "#1d4a5f";

const api = createApi({
  fetch: (...request) => fetch(...request),
  mayReach: () => browser.permissions.contains(SERVER_ORIGIN),
  settings: readSettings,
});
const runs = createRuns();
const views = createViews(browser.storage.session, async (tabId, view, run) => {
  if (view === null) runs.end(tabId, run);
  await showBadge(tabId, view);
});
const preferences = createPreferences(browser.storage);
const means = { api, page, runs, views, preferences, settings: readSettings };

browser.runtime.onInstalled.addListener(async () => {
  await browser.contextMenus.removeAll();
  browser.contextMenus.create({
    id: MENU_ITEM,
    title: browser.i18n.getMessage("menuCheck"),
    contexts: ["selection"],
  });
});

browser.contextMenus.onClicked.addListener((info, tab) => {
  if (info.menuItemId === MENU_ITEM && tab?.id !== undefined) {
    openPanel(tab.id);
    checkPart(tab.id, "selection", info);
  }
});

browser.commands.onCommand.addListener((command, tab) => {
  const part = COMMANDS[command];
  if (part && tab?.id !== undefined) {
    openPanel(tab.id);
    checkPart(tab.id, part, null);
  }
});

browser.runtime.onMessage.addListener((/** @type {ToBackground} */ message, sender, respond) => {
  handle(message, sender).then(respond);
  return true; // the answer comes later
});

// The events do not tell a new page from a new fragment of the same one, so the page itself is asked. Where it
// cannot be, the beginning of a load counts as a new page; its end may still belong to the one that was checked.
browser.tabs.onUpdated.addListener(async (tabId, { status }) => {
  const view = status ? await views.read(tabId) : null;
  if (!view || (view.kind === "checking" && view.source === null)) return;
  const isThere = (await page.isThere(tabId, view.run, view.source)) ?? status !== "loading";
  if (!isThere) await views.forget(tabId, view.run);
});

// Pages are painted anew at once, so that a reader who chooses colours sees them where they are meant for.
browser.storage.onChanged.addListener(async (changes, area) => {
  if (area !== "local" || !("palette" in changes || "colours" in changes)) return;
  const settings = await readSettings();
  const earlier = Object.fromEntries(Object.entries(changes).map(([key, { oldValue }]) => [key, oldValue]));
  const styles = { before: markStyle(settingsFrom({ ...settings, ...earlier })), after: markStyle(settings) };
  if (styles.before === styles.after) return;
  for (const { id } of await browser.tabs.query({})) if (id !== undefined) await page.recolour(id, styles);
});

browser.tabs.onRemoved.addListener((tabId) => views.forget(tabId));

/**
 * @param {ToBackground} message
 * @param {chrome.runtime.MessageSender} sender
 * @returns {Promise<unknown>}
 */
async function handle(message, sender) {
  // Our part in a page says no more than what its reader does there; a page that took it over could not either.
  const isOurs = sender.url?.startsWith(browser.runtime.getURL(""));
  if (!isOurs && message.type !== "cleared") return undefined;
  switch (message.type) {
    case "check":
      return checkPart(message.tabId, message.part, null);
    case "retry":
      return checkAgain(message.tabId);
    case "clear":
      return clear(message.tabId);
    case "cleared":
      return sender.tab?.id === undefined ? undefined : views.forget(sender.tab.id);
    case "filter":
      return preferences.filter(message.filter).then(showAnew);
    case "dismiss":
      return preferences.dismiss(message.dismissal).then(showAnew);
    case "restore":
      return preferences.restore(message.dismissal).then(showAnew);
    case "judge":
      return preferences.judge(message.judgement);
    case "unjudge":
      return preferences.unjudge(message.judgement);
    case "forgetJudgements":
      return preferences.forgetJudgements();
    case "explain":
      return explain(message.tabId, message.run, message.index);
    case "techniques":
      return api.techniques();
    case "server":
      return { ...(await api.health()), port: (await readSettings()).port };
  }
}

/**
 * @param {number} tabId
 * @param {Part} part
 * @param {chrome.contextMenus.OnClickData | null} menu
 */
async function checkPart(tabId, part, menu) {
  const run = crypto.randomUUID();
  const read = async () => page.readText(tabId, run, part, menu, markStyle(await readSettings()));
  await check(tabId, run, read, means);
}

/** @param {number} tabId */
async function checkAgain(tabId) {
  const source = (await views.read(tabId))?.source;
  if (!source) return checkPart(tabId, "selection", null);
  const run = crypto.randomUUID();
  await check(tabId, run, () => page.sameText(tabId, run, source), means);
}

/**
 * Say which words moved the confidence of a row; "gone" where its text is.
 *
 * @param {number} tabId
 * @param {string} run
 * @param {number} index
 * @returns {Promise<Explained>}
 */
async function explain(tabId, run, index) {
  const view = await views.read(tabId);
  const row = view?.kind === "result" && view.run === run ? view.rows[index] : undefined;
  const text = row && view?.source ? await page.textOf(tabId, run, view.source) : null;
  return row && text !== null ? api.explain(text, row.flag) : { kind: "gone" };
}

/** @param {number} tabId */
async function clear(tabId) {
  const source = (await views.read(tabId))?.source ?? null;
  await views.forget(tabId);
  await page.clear(tabId, source);
}

/** Let marks and badges of all tabs follow a change of what their reader wants to see. */
async function showAnew() {
  for (const [tabId, view] of await views.all()) {
    if (view.kind !== "result") continue;
    const { shown } = await preferences.shownOf(view.rows.map((row) => row.flag), view.source);
    await page.show(tabId, view.run, view.source, shown);
    await showBadge(tabId, view);
  }
}

/**
 * @param {number} tabId
 * @param {View | null} view
 */
async function showBadge(tabId, view) {
  const flags = view?.kind === "result" ? view.rows.map((row) => row.flag) : [];
  const count = view?.kind === "result" ? (await preferences.shownOf(flags, view.source)).kept.length : 0;
  if (view && !(await views.isCurrent(tabId, view.run))) return;
  try {
    await browser.action.setBadgeBackgroundColor({ tabId, color: BADGE_COLOR });
    await browser.action.setBadgeText({ tabId, text: count > 0 ? String(count) : "" });
  } catch {
    // The tab was closed in the meantime, and its badge with it.
  }
}
