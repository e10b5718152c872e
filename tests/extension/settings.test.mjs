import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS, isPort, makeCommand, serveCommand, settingsFrom, versionKind } from "../../extension/shared/settings.js";

test("settings that hold are kept", () => {
  const settings = {
    port: 9000, minConfidence: 0.7, token: "a-long-enough-token", language: "fi",
    palette: "own", colours: { ...DEFAULTS.colours, attack: "#123456" },
  };
  assert.deepEqual(settingsFrom(settings), settings);
});

test("each setting that does not hold falls back alone", () => {
  assert.deepEqual(settingsFrom({}), DEFAULTS);
  assert.deepEqual(settingsFrom({ port: "http://evil.test", minConfidence: 0.5, token: 7 }), { ...DEFAULTS, minConfidence: 0.5 });
  assert.deepEqual(settingsFrom({ port: 9000, minConfidence: 1.5 }), { ...DEFAULTS, port: 9000 });
  assert.deepEqual(settingsFrom({ minConfidence: "NaN" }), DEFAULTS);
});

test("a language that there is no file for falls back to the browser's", () => {
  assert.equal(settingsFrom({ language: "../../secrets" }).language, "");
});

test("a palette that there is not, and a colour that is none, fall back alone", () => {
  const given = { palette: "neon", colours: { attack: "red; } body { display: none", call: "#00ff00", other: "#000000" } };
  assert.deepEqual(settingsFrom(given), { ...DEFAULTS, colours: { ...DEFAULTS.colours, call: "#00ff00" } });
});

test("servers are understood from the first version on and before the second", () => {
  const kinds = ["0.0.9", "0.1.0", "0.1.0rc1", "0.12.3", "1.0.0", "2.1"].map(versionKind);
  assert.deepEqual(kinds, ["tooOld", "understood", "understood", "understood", "tooNew", "tooNew"]);
});

test("a port is a whole number within its range", () => {
  assert.deepEqual([0, 1, 8712.5, 65535, 65536, NaN].map(isPort), [false, true, false, true, false, false]);
});

test("the command names the port only where it is not the usual one", () => {
  assert.equal(serveCommand(8712), "spinmark serve");
  assert.equal(serveCommand(9000), "spinmark serve --port 9000");
  assert.equal(makeCommand(8712), "make run");
  assert.equal(makeCommand(9000), "make run PORT=9000");
});
