// Packs the extension, once for each browser, from the one source: node extension/build.mjs [FOLDER]
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { zip } from "./zip.mjs";

const SOURCE = new URL("./", import.meta.url);
const LICENSE = new URL("../LICENSE", import.meta.url);

// What is shipped; types, the build and the icons' drawing are not.
const FOLDERS = ["_locales", "background", "content", "icons", "shared", "ui"];
const SHIPPED = /\.(css|html|js|json|png)$/;

/** @typedef {"chromium" | "firefox"} Target */

/** @type {Target[]} */
export const TARGETS = ["chromium", "firefox"];

/**
 * Return what a browser is given of the source manifest, which serves both: each warns of what the other needs.
 *
 * @param {any} manifest
 * @param {Target} target
 */
export function manifestFor(manifest, target) {
  const { minimum_chrome_version, side_panel, browser_specific_settings, sidebar_action, ...common } = manifest;
  const { service_worker, scripts, ...background } = manifest.background;
  if (target === "chromium") {
    return { ...common, minimum_chrome_version, background: { ...background, service_worker }, side_panel };
  }
  return {
    ...common,
    browser_specific_settings,
    background: { ...background, scripts },
    permissions: manifest.permissions.filter((/** @type {string} */ name) => name !== "sidePanel"),
    sidebar_action,
  };
}

/**
 * Return the files of a package by their paths in it.
 *
 * @param {Target} target
 */
export function filesOf(target) {
  /** @type {Map<string, Buffer>} */
  const files = new Map();
  for (const folder of FOLDERS) {
    for (const name of readdirSync(new URL(folder, SOURCE), { recursive: true, encoding: "utf8" })) {
      const path = `${folder}/${name.replaceAll("\\", "/")}`;
      if (SHIPPED.test(path)) files.set(path, readFileSync(new URL(path, SOURCE)));
    }
  }
  const manifest = JSON.parse(readFileSync(new URL("manifest.json", SOURCE), "utf8"));
  files.set("manifest.json", Buffer.from(`${JSON.stringify(manifestFor(manifest, target), null, 2)}\n`));
  files.set("LICENSE", readFileSync(LICENSE));
  return files;
}

/**
 * Write the packages and return their paths.
 *
 * @param {string} folder
 * @returns {Record<Target, string>}
 */
export function build(folder) {
  mkdirSync(folder, { recursive: true });
  const packages = TARGETS.map((target) => {
    const path = join(folder, `spinmark-${target}.zip`);
    writeFileSync(path, zip(filesOf(target)));
    return [target, path];
  });
  return Object.fromEntries(packages);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? fileURLToPath(new URL("../dist", import.meta.url));
  for (const path of Object.values(build(folder))) console.log(path);
}
