// Where the server listens, how sure the model must be, and what was dismissed. Each change is kept at once.
import { browser } from "../shared/browser.js";
import { DISMISSALS_KEY, readDismissals } from "../shared/dismissals.js";
import { toBackground } from "../shared/messages.js";
import { isPort, readSettings, writeSettings } from "../shared/settings.js";
import { byId, element } from "./element.js";
import { failureBody, failureTitle } from "./failure.js";
import { confidence as confidenceText, localisePage, message } from "./localise.js";

const CONFIDENCES = [0, 0.5, 0.6, 0.7, 0.8, 0.9];

const port = byId("port", HTMLInputElement);
const token = byId("token", HTMLInputElement);
const confidence = byId("confidence", HTMLSelectElement);
const saved = byId("saved", HTMLElement);
const portHelp = byId("port-help", HTMLElement);
const dismissed = byId("dismissed", HTMLUListElement);
const dismissedStatus = byId("dismissed-status", HTMLElement);

localisePage();
confidence.append(
  ...CONFIDENCES.map((value) =>
    element(
      "option",
      { value: String(value) },
      value ? message("optionsConfidenceFrom", confidenceText(value)) : message("optionsConfidenceModel"),
    ),
  ),
);
await fill();
await listDismissals();
browser.storage.onChanged.addListener((changes, area) => {
  if (area === "local" && DISMISSALS_KEY in changes) listDismissals();
});
for (const field of [port, token, confidence]) field.addEventListener("change", save);
byId("test", HTMLButtonElement).addEventListener("click", test);

async function fill() {
  const settings = await readSettings();
  port.value = String(settings.port);
  token.value = settings.token;
  confidence.value = String(settings.minConfidence);
}

async function save() {
  const isValid = isPort(Number(port.value));
  port.setAttribute("aria-invalid", String(!isValid));
  portHelp.textContent = message(isValid ? "optionsPortHelp" : "optionsPortWrong");
  saved.textContent = "";
  if (!isValid) return;
  await writeSettings({ port: Number(port.value), token: token.value, minConfidence: Number(confidence.value) });
  saved.textContent = message("optionsSaved");
}

async function test() {
  const status = byId("server-status", HTMLElement);
  const help = byId("server-help", HTMLElement);
  status.textContent = message("serverAsking");
  help.replaceChildren();
  /** @type {ServerState} */
  const server = await toBackground({ type: "server" });
  const isUp = server.kind === "up";
  byId("server", HTMLElement).dataset.state = server.kind;
  status.textContent = isUp
    ? message("serverUp", server.model.name, server.model.version)
    : failureTitle(server);
  help.replaceChildren(...(isUp ? [] : failureBody(server, server.port, test)));
}

async function listDismissals() {
  const dismissals = await readDismissals(browser.storage.local);
  const isEmpty = dismissals.length === 0;
  dismissedStatus.textContent = message(isEmpty ? "optionsDismissedNone" : "optionsDismissedHelp");
  dismissed.replaceChildren(
    ...dismissals.map((dismissal, index) => {
      const words = element("span", { id: `dismissed-${index}` }, describe(dismissal));
      const undo = element("button", { type: "button", class: "plain", "aria-describedby": words.id }, message("undo"));
      undo.addEventListener("click", () => restore(dismissal, index));
      return element("li", {}, words, undo);
    }),
  );
}

/**
 * @param {Dismissal} dismissal
 * @param {number} index
 */
async function restore(dismissal, index) {
  await toBackground({ type: "restore", dismissal });
  await listDismissals();
  // The button that was pressed is gone; the next one has taken its place.
  const next = dismissed.children[index] ?? dismissed.lastElementChild;
  (next?.querySelector("button") ?? byId("test", HTMLButtonElement)).focus();
}

/** @param {Dismissal} dismissal */
function describe({ technique, site, text }) {
  const name = technique.replaceAll("_", " ");
  if (text === null) return site === null ? message("dismissedEverywhere", name) : message("dismissedOnSite", name, site);
  return site === null ? message("dismissedPassage", text, name) : message("dismissedPassageOnSite", text, name, site);
}
