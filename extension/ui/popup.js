// Behind the toolbar's button: check the selection, and see whether the server is there.
import { browser, openPanel } from "../shared/browser.js";
import { toBackground } from "../shared/messages.js";
import { byId } from "./element.js";
import { failureBody, failureTitle } from "./failure.js";
import { localisePage, message } from "./localise.js";

const check = byId("check", HTMLButtonElement);
const shortcut = byId("shortcut", HTMLElement);
const serverStatus = byId("server-status", HTMLElement);
const serverHelp = byId("server-help", HTMLElement);

localisePage();
byId("options", HTMLButtonElement).addEventListener("click", async () => {
  await browser.runtime.openOptionsPage();
  close();
});
offerCheck();
showShortcut();
showServer();

async function offerCheck() {
  // Asked for beforehand: the click must open the panel before anything is awaited.
  const [tab] = await browser.tabs.query({ active: true, currentWindow: true });
  const tabId = tab?.id;
  check.disabled = tabId === undefined;
  check.addEventListener("click", async () => {
    if (tabId === undefined) return;
    const opened = openPanel(tabId);
    toBackground({ type: "check", tabId });
    await opened;
    close();
  });
}

async function showShortcut() {
  const keys = (await browser.commands.getAll()).find((command) => command.name === "check-selection")?.shortcut;
  shortcut.textContent = keys ? message("shortcut", keys) : "";
}

async function showServer() {
  /** @type {ServerState} */
  const server = await toBackground({ type: "server" });
  const isUp = server.kind === "up";
  byId("server", HTMLElement).dataset.state = server.kind;
  serverStatus.textContent = isUp
    ? message("serverUp", server.model.name, server.model.version)
    : failureTitle(server);
  serverHelp.replaceChildren(...(isUp ? [] : failureBody(server, server.port, showServer)));
}
