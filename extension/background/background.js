// Wires the browser's events to what is done about them.
import { browser, openPanel, SERVER_ORIGIN } from "../shared/browser.js";
import { readSettings } from "../shared/settings.js";
import { createApi } from "./api.js";
import { check } from "./check.js";
import * as page from "./page.js";
import { createViews } from "./views.js";

const MENU_ITEM = "check-selection";
const COMMAND = "check-selection";
const BADGE_COLOR = "#1d4a5f";

const api = createApi({
  fetch: (...request) => fetch(...request),
  mayReach: () => browser.permissions.contains(SERVER_ORIGIN),
  settings: readSettings,
});
const views = createViews(browser.storage.session, showBadge);
const means = { api, page, views, settings: readSettings };

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
    checkSelection(tab.id, info);
  }
});

browser.commands.onCommand.addListener((command, tab) => {
  if (command === COMMAND && tab?.id !== undefined) {
    openPanel(tab.id);
    checkSelection(tab.id, null);
  }
});

browser.runtime.onMessage.addListener((/** @type {ToBackground} */ message, sender, respond) => {
  handle(message, sender).then(respond);
  return true; // the answer comes later
});

// The events do not tell a new page from a new fragment of the same one, so the page itself is asked.
browser.tabs.onUpdated.addListener(async (tabId, { status }) => {
  const view = status ? await views.read(tabId) : null;
  if (!view || (view.kind === "checking" && view.source === null)) return;
  const isThere = await page.isThere(tabId, view.run, view.source);
  if (!isThere && (await views.isCurrent(tabId, view.run))) await views.forget(tabId);
});

browser.tabs.onRemoved.addListener((tabId) => views.forget(tabId));

/**
 * @param {ToBackground} message
 * @param {chrome.runtime.MessageSender} sender
 * @returns {Promise<unknown>}
 */
async function handle(message, sender) {
  switch (message.type) {
    case "check":
      return checkSelection(message.tabId, null);
    case "retry":
      return checkAgain(message.tabId);
    case "clear":
      return clear(message.tabId);
    case "cleared":
      return sender.tab?.id === undefined ? undefined : views.forget(sender.tab.id);
    case "server":
      return { ...(await api.health()), port: (await readSettings()).port };
  }
}

/**
 * @param {number} tabId
 * @param {chrome.contextMenus.OnClickData | null} menu
 */
async function checkSelection(tabId, menu) {
  const run = crypto.randomUUID();
  await check(tabId, run, () => page.selectedText(tabId, run, menu), means);
}

/** @param {number} tabId */
async function checkAgain(tabId) {
  const source = (await views.read(tabId))?.source;
  if (!source) return checkSelection(tabId, null);
  const run = crypto.randomUUID();
  await check(tabId, run, () => page.sameText(tabId, run, source), means);
}

/** @param {number} tabId */
async function clear(tabId) {
  const source = (await views.read(tabId))?.source ?? null;
  await views.forget(tabId);
  await page.clear(tabId, source);
}

/**
 * @param {number} tabId
 * @param {View | null} view
 */
async function showBadge(tabId, view) {
  const count = view?.kind === "result" ? view.rows.length : 0;
  try {
    await browser.action.setBadgeBackgroundColor({ tabId, color: BADGE_COLOR });
    await browser.action.setBadgeText({ tabId, text: count > 0 ? String(count) : "" });
  } catch {
    // The tab was closed in the meantime, and its badge with it.
  }
}
