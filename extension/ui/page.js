// What every page of ours does first: speak its reader's language and wear the marks' colours.
import { browser } from "../shared/browser.js";
import { panelStyle } from "../shared/colours.js";
import { readSettings } from "../shared/settings.js";
import { LANGUAGE, message } from "./localise.js";

const colours = new CSSStyleSheet();

export function preparePage() {
  document.documentElement.lang = LANGUAGE;
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-message]"))) {
    element.textContent = message(element.dataset.message ?? "");
  }
  document.adoptedStyleSheets = [colours];
  wearColours();
  browser.storage.onChanged.addListener((changes, area) => {
    if (area === "local" && ("palette" in changes || "colours" in changes)) wearColours();
  });
}

async function wearColours() {
  colours.replaceSync(panelStyle(await readSettings()));
}
