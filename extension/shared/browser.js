/** The one name under which both browsers' extension API is used; in both it returns promises. */
export const browser = /** @type {typeof chrome & {sidebarAction?: {open(): Promise<void>}}} */ (
  /** @type {any} */ (globalThis).browser ?? globalThis.chrome
);

/** The server's origin as the manifest asks for it; a user can withhold it in both browsers. */
export const SERVER_ORIGIN = { origins: ["http://127.0.0.1/*"] };

/**
 * Open the list beside the page. To be called first thing in a gesture's handler: after an `await` the
 * browser no longer counts it as one.
 *
 * @param {number} tabId
 */
export function openPanel(tabId) {
  const { sidePanel, sidebarAction } = browser;
  return sidePanel ? sidePanel.open({ tabId }) : sidebarAction?.open();
}

/**
 * Return the keys of the extension's commands by their names; what is not bound is "".
 *
 * @returns {Promise<Record<string, string>>}
 */
export async function shortcuts() {
  const commands = await browser.commands.getAll();
  return Object.fromEntries(commands.map(({ name, shortcut }) => [name ?? "", shortcut ?? ""]));
}
