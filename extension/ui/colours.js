// The marks' colours: a palette or one's own, and how both look on a light page and on a dark one.
import { GROUPS, huesOf, PALETTES, STANDARD_CHOICE } from "../shared/colours.js";
import { byId, element } from "./element.js";
import { message } from "./localise.js";

const palette = byId("palette", HTMLSelectElement);
const own = byId("own-colours", HTMLElement);
const reset = byId("reset-colours", HTMLButtonElement);
const previews = { light: byId("preview-light", HTMLElement), dark: byId("preview-dark", HTMLElement) };

/** @type {Record<string, HTMLInputElement>} */
const inputs = Object.fromEntries(GROUPS.map((group) => [group, element("input", { type: "color", id: `colour-${group}` })]));

/**
 * Offer the choice and show it as it is.
 *
 * @param {Settings} settings
 * @param {() => void} changed called for every choice
 */
export function offerColours(settings, changed) {
  palette.append(...PALETTES.map((name) => element("option", { value: name }, message(`palette_${name}`))));
  palette.value = settings.palette;
  own.prepend(
    ...GROUPS.map((group) => element("label", {}, /** @type {HTMLInputElement} */ (inputs[group]), " ", message(`group_${group}`))),
  );
  for (const ground of Object.values(previews)) {
    ground.append(
      ...GROUPS.map((group) =>
        element("p", { "data-group": group }, element("span", { class: "sample" }, message("coloursSample", message(`group_${group}`)))),
      ),
    );
  }
  fill(settings.colours);
  show();
  const choose = () => {
    show();
    changed();
  };
  for (const input of [palette, ...Object.values(inputs)]) input.addEventListener("change", choose);
  for (const input of Object.values(inputs)) input.addEventListener("input", show);
  reset.addEventListener("click", () => {
    fill(STANDARD_CHOICE);
    choose();
  });
}

/** @returns {Pick<Settings, "palette" | "colours">} */
export function chosenColours() {
  return {
    palette: /** @type {Palette} */ (palette.value),
    colours: /** @type {Settings["colours"]} */ (Object.fromEntries(GROUPS.map((group) => [group, inputs[group]?.value]))),
  };
}

/** @param {Settings["colours"]} colours */
function fill(colours) {
  for (const group of GROUPS) /** @type {HTMLInputElement} */ (inputs[group]).value = colours[group];
}

function show() {
  const hues = huesOf(chosenColours());
  own.hidden = palette.value !== "own";
  for (const [ground, preview] of Object.entries(previews)) {
    for (const line of /** @type {Iterable<HTMLElement>} */ (preview.children)) {
      const hue = hues?.[/** @type {Group} */ (line.dataset.group)][/** @type {"light" | "dark"} */ (ground)];
      line.style.setProperty("--hue", hue ?? "currentcolor");
      line.style.setProperty("--tint", hue ? "13%" : "0%");
    }
  }
}
