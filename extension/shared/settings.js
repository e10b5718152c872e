import { browser } from "./browser.js";

/** @type {Settings} */
export const DEFAULTS = { port: 8712, minConfidence: 0, token: "" };

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
  };
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
