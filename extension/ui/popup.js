// Behind the toolbar's button: check the selection or the page, and see whether the server is there.
import { browser, openPanel, shortcuts } from "../shared/browser.js";
import { toBackground } from "../shared/messages.js";
import { byId } from "./element.js";
import { preparePage } from "./page.js";
import { showServer } from "./server.js";

/** @type {{button: HTMLButtonElement, part: Part, command: string}[]} */
const checks = [
  { button: byId("check", HTMLButtonElement), part: "selection", command: "check-selection" },
  { button: byId("check-page", HTMLButtonElement), part: "article", command: "check-page" },
];

preparePage();
byId("options", HTMLButtonElement).addEventListener("click", async () => {
  await browser.runtime.openOptionsPage();
  close();
});
offerChecks();
showShortcuts();
showServer();

async function offerChecks() {
  // Asked for beforehand: the click must open the panel before anything is awaited.
  const [tab] = await browser.tabs.query({ active: true, currentWindow: true });
  const tabId = tab?.id;
  for (const { button, part } of checks) {
    button.disabled = tabId === undefined;
    button.addEventListener("click", async () => {
      if (tabId === undefined) return;
      const opened = openPanel(tabId);
      toBackground({ type: "check", tabId, part });
      await opened;
      close();
    });
  }
}

async function showShortcuts() {
  const keys = await shortcuts();
  for (const { button, command } of checks) {
    /** @type {HTMLElement} */ (button.querySelector("kbd")).textContent = keys[command] ?? "";
  }
}
