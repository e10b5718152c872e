// Where the server listens, how sure the model must be, and what was dismissed. Each change is kept at once.
import { browser } from "../shared/browser.js";
import { DISMISSALS_KEY, readDismissals } from "../shared/dismissals.js";
import { JUDGEMENTS_KEY, readJudgements, toJsonLines } from "../shared/judgements.js";
import { toBackground } from "../shared/messages.js";
import { isPort, LANGUAGES, readSettings, writeSettings } from "../shared/settings.js";
import { chosenColours, offerColours } from "./colours.js";
import { byId, element } from "./element.js";
import { save as saveFile } from "./export.js";
import { confidence as confidenceText, message } from "./localise.js";
import { preparePage } from "./page.js";
import { showServer } from "./server.js";

/** @type {Record<Exclude<Language, "">, string>} */
const NAMES = { en: "English", fi: "Suomi" };

const CONFIDENCES = [0, 0.5, 0.6, 0.7, 0.8, 0.9];

const port = byId("port", HTMLInputElement);
const token = byId("token", HTMLInputElement);
const confidence = byId("confidence", HTMLSelectElement);
const language = byId("language", HTMLSelectElement);
const techniques = byId("techniques", HTMLElement);
const judgements = byId("judgements", HTMLUListElement);
const judgementsAll = byId("judgements-all", HTMLElement);
const saved = byId("saved", HTMLElement);
const portHelp = byId("port-help", HTMLElement);
const dismissed = byId("dismissed", HTMLUListElement);
const dismissedStatus = byId("dismissed-status", HTMLElement);

preparePage();
confidence.append(
  ...CONFIDENCES.map((value) =>
    element(
      "option",
      { value: String(value) },
      value ? message("optionsConfidenceFrom", confidenceText(value)) : message("optionsConfidenceModel"),
    ),
  ),
);
language.append(
  element("option", { value: "" }, message("optionsLanguageBrowser")),
  // A language is found by its own name.
  ...LANGUAGES.map((code) => element("option", { value: code, lang: code }, NAMES[code])),
);
await fill();
await listDismissals();
await listJudgements();
listTechniques();
byId("export-judgements", HTMLButtonElement).addEventListener("click", async () => {
  const kept = await readJudgements(browser.storage.local);
  saveFile("spinmark-not-helpful.jsonl", "application/jsonl", toJsonLines(kept));
});
byId("delete-judgements", HTMLButtonElement).addEventListener("click", async () => {
  await toBackground({ type: "forgetJudgements" });
  await listJudgements();
  byId("test", HTMLButtonElement).focus();
});
browser.storage.onChanged.addListener((changes, area) => {
  if (area === "local" && DISMISSALS_KEY in changes) {
    listDismissals();
    tickTechniques();
  }
  if (area === "local" && JUDGEMENTS_KEY in changes) listJudgements();
});
for (const field of [port, token, confidence]) field.addEventListener("change", save);
language.addEventListener("change", async () => {
  await save();
  location.reload(); // every word of the page is another one now
});
byId("test", HTMLButtonElement).addEventListener("click", showServer);

async function fill() {
  const settings = await readSettings();
  port.value = String(settings.port);
  token.value = settings.token;
  confidence.value = String(settings.minConfidence);
  language.value = settings.language;
  offerColours(settings, save);
}

async function save() {
  const isValid = isPort(Number(port.value));
  port.setAttribute("aria-invalid", String(!isValid));
  portHelp.textContent = message(isValid ? "optionsPortHelp" : "optionsPortWrong");
  saved.textContent = "";
  if (!isValid) return;
  await writeSettings({
    port: Number(port.value), token: token.value, minConfidence: Number(confidence.value),
    language: /** @type {Language} */ (language.value),
    ...chosenColours(),
  });
  saved.textContent = message("optionsSaved");
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

/** Offer every technique that the server knows; one that is not ticked is dismissed everywhere. */
async function listTechniques() {
  const answer = await toBackground({ type: "techniques" });
  byId("techniques-status", HTMLElement).textContent =
    answer.kind === "techniques" ? "" : message("optionsTechniquesUnknown");
  if (answer.kind !== "techniques") return;
  techniques.replaceChildren(
    .../** @type {Technique[]} */ (Object.values(answer.techniques)).map(({ id, name }) => {
      const box = element("input", { type: "checkbox", value: id });
      box.addEventListener("change", () => {
        const dismissal = { technique: id, site: null, text: null };
        toBackground({ type: box.checked ? "restore" : "dismiss", dismissal });
      });
      return element("label", {}, box, " ", name);
    }),
  );
  await tickTechniques();
}

async function tickTechniques() {
  const dismissals = await readDismissals(browser.storage.local);
  for (const box of techniques.querySelectorAll("input")) {
    box.checked = !dismissals.some(({ technique, site, text }) => technique === box.value && site === null && text === null);
  }
}

async function listJudgements() {
  const kept = await readJudgements(browser.storage.local);
  const isEmpty = kept.length === 0;
  byId("judgements-status", HTMLElement).textContent = message(isEmpty ? "optionsJudgementsNone" : "optionsJudgementsHelp");
  judgementsAll.hidden = isEmpty;
  judgements.replaceChildren(
    ...kept.map((judgement, index) => {
      const name = judgement.technique.replaceAll("_", " ");
      const origin = judgement.origin || message("optionsJudgementsViewer");
      const words = element("span", { id: `judgement-${index}` }, message("judged", judgement.quote, name, origin));
      const remove = element("button", { type: "button", class: "plain", "aria-describedby": words.id }, message("delete"));
      remove.addEventListener("click", async () => {
        await toBackground({ type: "unjudge", judgement });
        await listJudgements();
        const next = judgements.children[index] ?? judgements.lastElementChild;
        (next?.querySelector("button") ?? byId("test", HTMLButtonElement)).focus();
      });
      return element("li", {}, words, remove);
    }),
  );
}

/** @param {Dismissal} dismissal */
function describe({ technique, site, text }) {
  const name = technique.replaceAll("_", " ");
  if (text === null) return site === null ? message("dismissedEverywhere", name) : message("dismissedOnSite", name, site);
  return site === null ? message("dismissedPassage", text, name) : message("dismissedPassageOnSite", text, name, site);
}
