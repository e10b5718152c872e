// The marks' colours: read on every ground, and told apart by every eye.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { contrast, GROUPS, huesOf, markStyle, PALETTES, panelStyle, readable, STANDARD, STANDARD_CHOICE } from "../../extension/shared/colours.js";

const EXTENSION = new URL("../../extension/", import.meta.url);
/** @param {string} name */
const source = (name) => readFileSync(new URL(name, EXTENSION), "utf8");
const OVERLAY = source("content/overlay.css");

/** Grounds in pages and in the panel. */
const GROUNDS = { light: ["#ffffff", "#fdfcfa", "#fdf8e7", "#f3f1ec"], dark: ["#000000", "#17191b", "#24221a"] };

/**
 * What eyes without one kind of cone make of linear red, green and blue.
 *
 * Source: Viénot, Brettel & Mollon 1999; the third by the same way with one plane.
 */
const EYES = {
  protanopia: [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
  deuteranopia: [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
  tritanopia: [[1, 0.14461, -0.14461], [0, 0.85924, 0.14076], [0, 0.85924, 0.14076]],
};

/** @param {string} colour */
const linear = (colour) =>
  [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });

/**
 * Return linear sRGB in CIE L*a*b*, where distances are those that eyes see.
 *
 * @param {number[]} rgb
 */
function lab([r = 0, g = 0, b = 0]) {
  const f = (/** @type {number} */ t) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/**
 * Return form and weight of a group's line.
 *
 * @param {string} group
 */
function lineOf(group) {
  const rule = new RegExp(`spinmark-${group}\\) \\{[^}]*text-decoration: (\\w+) #\\w+ underline ([\\d.]+px)`).exec(OVERLAY);
  return `${rule?.[1]} ${rule?.[2]}`;
}

test("no two groups have the same line", () => {
  assert.equal(new Set(GROUPS.map(lineOf)).size, GROUPS.length);
});

test("the style sheet of marks has the standard colours", () => {
  for (const group of GROUPS) {
    const { light, dark } = STANDARD[group];
    assert.match(OVERLAY, new RegExp(`spinmark-${group}\\) \\{[^}]*${light}`));
    assert.match(OVERLAY, new RegExp(`spinmark-${group}-on-dark\\) \\{[^}]*${dark}`));
  }
});

describe("a palette", () => {
  for (const palette of PALETTES) {
    test(`that is "${palette}" is read on light and dark grounds`, () => {
      const hues = huesOf({ palette, colours: { ...STANDARD_CHOICE, attack: "#ffff00", call: "#000040", wording: "#808080" } });
      assert.equal(hues === null, palette === "ink");
      for (const group of hues ? GROUPS : []) {
        for (const ground of /** @type {const} */ (["light", "dark"])) {
          for (const colour of GROUNDS[ground]) {
            const ratio = contrast(hues?.[group][ground] ?? "", colour);
            assert.ok(ratio >= (palette === "strong" ? 7 : 4.5), `${group} on ${colour}: ${ratio.toFixed(2)}`);
          }
        }
      }
    });
  }

  for (const [eye, matrix] of Object.entries(EYES)) {
    test(`that is standard keeps its hues apart with ${eye}, up to a pair or two that lines tell apart`, () => {
      const seen = (/** @type {string} */ colour) => lab(matrix.map((row) => row.reduce((sum, part, i) => sum + part * (linear(colour)[i] ?? 0), 0)));
      const difference = (/** @type {string} */ a, /** @type {string} */ b) => Math.hypot(...seen(a).map((value, i) => value - (seen(b)[i] ?? 0)));
      const close = GROUPS.flatMap((a, i) =>
        GROUPS.slice(i + 1).filter((b) => difference(STANDARD[a].light, STANDARD[b].light) < 10).map((b) => `${a} ${b}`),
      );
      assert.ok(close.length <= 2, close.join());
    });
  }

  test("that is standard adds nothing to pages, every other one a rule for each mark", () => {
    const colours = STANDARD_CHOICE;
    assert.equal(markStyle({ palette: "standard", colours }), "");
    const rule = /::highlight\(spinmark-\w+(-on-dark)?\) \{ background-color: [^;]+; text-decoration-color: [^;]+; \}/g;
    for (const palette of /** @type {const} */ (["strong", "ink", "own"])) {
      assert.equal(markStyle({ palette, colours }).match(rule)?.length, 2 * GROUPS.length);
    }
    assert.match(markStyle({ palette: "ink", colours }), /transparent; text-decoration-color: currentcolor/);
    assert.match(panelStyle({ palette: "ink", colours }), /--attack: var\(--ink\)/);
  });
});

test("a colour that can be read stays as it is, one that cannot is moved as little as is needed", () => {
  assert.equal(readable("#98407a", 4.5).light, "#98407a");
  const { light, dark } = readable("#ffee00", 4.5);
  assert.equal(dark, "#ffee00");
  assert.ok(contrast(light, "#f3f1ec") < 5);
  assert.deepEqual([contrast("#000000", "#ffffff"), contrast("#777777", "#777777")], [21, 1]);
});
