import { browser } from "./browser.js";
import { GROUPS, isColour, PALETTES, STANDARD_CHOICE } from "./colours.js";

/** @type {Settings} */
export const DEFAULTS = { port: 8712, minConfidence: 0, token: "", language: "", palette: "standard", colours: STANDARD_CHOICE };

/** The languages that _locales holds. @type {Exclude<Language, "">[]} */
export const LANGUAGES = ["en", "fi"];

/** The servers that this extension understands: from the first version on, and before the second. */
const SERVER_VERSIONS = { from: "0.1.0", before: "1.0.0" };

/**
 * Say how a server's version stands to those that are understood.
 *
 * @param {string} version
 * @returns {"understood" | "tooOld" | "tooNew"}
 */
export function versionKind(version) {
  if (compareVersions(version, SERVER_VERSIONS.from) < 0) return "tooOld";
  return compareVersions(version, SERVER_VERSIONS.before) < 0 ? "understood" : "tooNew";
}

/**
 * @param {string} a
 * @param {string} b
 */
function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => (version.match(/\d+/g) ?? []).slice(0, 3).map(Number));
  for (let i = 0; i < 3; i += 1) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** @returns {Promise<Settings>} */
export async function readSettings() {
  return settingsFrom(await browser.storage.local.get(DEFAULTS));
}

/** @param {Settings} settings */
export async function writeSettings(settings) {
  await browser.storage.local.set(settingsFrom(settings));
}

/**
 * Return settings that hold: what storage gives may be of another version, what a form gives may be anything.
 *
 * @param {Record<string, any>} given
 * @returns {Settings}
 */
export function settingsFrom(given) {
  const port = Number(given.port);
  const minConfidence = Number(given.minConfidence);
  return {
    port: isPort(port) ? port : DEFAULTS.port,
    minConfidence: minConfidence >= 0 && minConfidence <= 1 ? minConfidence : DEFAULTS.minConfidence,
    token: typeof given.token === "string" ? given.token.trim() : DEFAULTS.token,
    language: LANGUAGES.find((language) => language === given.language) ?? DEFAULTS.language,
    palette: PALETTES.find((palette) => palette === given.palette) ?? DEFAULTS.palette,
    colours: coloursFrom(given.colours),
  };
}

/**
 * @param {any} given
 * @returns {Settings["colours"]}
 */
function coloursFrom(given) {
  const colours = { ...DEFAULTS.colours };
  for (const group of GROUPS) if (isColour(given?.[group])) colours[group] = given[group];
  return colours;
}

/** @param {number} port */
export const isPort = (port) => Number.isInteger(port) && port >= 1 && port <= 65535;

/** @param {number} port */
export const serverAddress = (port) => `http://127.0.0.1:${port}`;

/**
 * Return what to type in a terminal to start the server where the extension looks for it.
 *
 * @param {number} port
 */
export const serveCommand = (port) => (port === DEFAULTS.port ? "spinmark serve" : `spinmark serve --port ${port}`);

/**
 * Return the same for a checkout.
 *
 * @param {number} port
 */
export const makeCommand = (port) => (port === DEFAULTS.port ? "make run" : `make run PORT=${port}`);
