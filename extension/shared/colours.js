// The marks' colours: palettes, what is made of a colour that a reader chose, and the styles that paint it.
//
// Whatever the palette, each group keeps its form of line, so that colour is never all that tells two apart.

/** @type {Group[]} */
export const GROUPS = ["attack", "justification", "simplification", "distraction", "call", "wording"];

/** @type {Palette[]} */
export const PALETTES = ["standard", "strong", "ink", "own"];

/** A colour where letters are dark and one where they are light. @typedef {{light: string, dark: string}} Hue */

/** As in content/overlay.css. Told apart with protanopia, deuteranopia and tritanopia as well. @type {Record<Group, Hue>} */
export const STANDARD = {
  attack: { light: "#b84500", dark: "#ff9e57" },
  justification: { light: "#0067a8", dark: "#74c3f5" },
  simplification: { light: "#00785a", dark: "#55d6b0" },
  distraction: { light: "#98407a", dark: "#eda8d2" },
  call: { light: "#856200", dark: "#f0c544" },
  wording: { light: "#55616a", dark: "#bcc7cf" },
};

/** What a reader who chooses their own begins with. @type {Record<Group, string>} */
export const STANDARD_CHOICE = mapGroups((group) => STANDARD[group].light);

// The least light and the least dark ground in the panel, where a group's name is written in its colour.
const GROUNDS = { light: "#f3f1ec", dark: "#24221a" };

/** Of letters, by WCAG 2: level AA, and AAA for the strong palette. */
const CONTRAST = 4.5;
const STRONG_CONTRAST = 7;

/** How much of a mark's colour lies under its words. */
const TINT = { light: 0.13, dark: 0.2 };

/**
 * Return the colours of a reader's settings; null where the marks take that of the text around them.
 *
 * @param {Pick<Settings, "palette" | "colours">} settings
 * @returns {Record<Group, Hue> | null}
 */
export function huesOf({ palette, colours }) {
  switch (palette) {
    case "standard":
      return STANDARD;
    case "strong":
      return mapGroups((group) => readable(STANDARD[group].light, STRONG_CONTRAST));
    case "own":
      return mapGroups((group) => readable(colours[group], CONTRAST));
    case "ink":
      return null;
  }
}

/**
 * Return the style sheet that gives marks in pages a palette's colours, "" where overlay.css has them already.
 *
 * @param {Pick<Settings, "palette" | "colours">} settings
 */
export function markStyle(settings) {
  if (settings.palette === "standard") return "";
  const hues = huesOf(settings);
  /** @param {"light" | "dark"} ground */
  const rules = (ground) =>
    GROUPS.map((group) => {
      const name = `spinmark-${group}${ground === "dark" ? "-on-dark" : ""}`;
      const colour = hues?.[group][ground];
      const tint = colour ? `rgb(${channels(colour).join(" ")} / ${TINT[ground]})` : "transparent";
      return `::highlight(${name}) { background-color: ${tint}; text-decoration-color: ${colour ?? "currentcolor"}; }`;
    }).join("\n");
  // Where overlay.css leaves the colours to the system or to paper, so does this.
  return `@media (forced-colors: none) {\n${rules("light")}\n}\n@media screen and (forced-colors: none) {\n${rules("dark")}\n}`;
}

/**
 * Return the style sheet that gives the extension's own pages a palette's colours.
 *
 * @param {Pick<Settings, "palette" | "colours">} settings
 */
export function panelStyle(settings) {
  const hues = huesOf(settings);
  /** @param {"light" | "dark"} ground */
  const rule = (ground) => `:root { ${GROUPS.map((group) => `--${group}: ${hues?.[group][ground] ?? "var(--ink)"};`).join(" ")} }`;
  return `${rule("light")}\n@media (prefers-color-scheme: dark) { ${rule("dark")} }`;
}

/**
 * Return a colour as it can be read on light grounds and on dark ones: itself where its contrast will do, else mixed
 * with as little black or white as is needed.
 *
 * @param {string} colour
 * @param {number} least
 * @returns {Hue}
 */
export function readable(colour, least) {
  return { light: towards("#000000", GROUNDS.light), dark: towards("#ffffff", GROUNDS.dark) };

  /**
   * @param {string} end
   * @param {string} ground
   */
  function towards(end, ground) {
    for (let share = 0; share < 1; share += 0.02) {
      const mixed = mix(colour, end, share);
      if (contrast(mixed, ground) >= least) return mixed;
    }
    return end;
  }
}

/**
 * Return the contrast of two colours, from 1 to 21.
 *
 * Source: WCAG 2.2, "contrast ratio".
 *
 * @param {string} a
 * @param {string} b
 */
export function contrast(a, b) {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** @param {any} value */
export const isColour = (value) => typeof value === "string" && /^#[0-9a-f]{6}$/.test(value);

/** @param {string} colour */
function luminance(colour) {
  const [red = 0, green = 0, blue = 0] = channels(colour).map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/**
 * @param {string} a
 * @param {string} b
 * @param {number} share of b
 */
function mix(a, b, share) {
  const other = channels(b);
  const mixed = channels(a).map((channel, i) => Math.round(channel + (/** @type {number} */ (other[i]) - channel) * share));
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

/** @param {string} colour */
const channels = (colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));

/**
 * @template T
 * @param {(group: Group) => T} f
 * @returns {Record<Group, T>}
 */
function mapGroups(f) {
  return /** @type {Record<Group, T>} */ (Object.fromEntries(GROUPS.map((group) => [group, f(group)])));
}
