// The rules of the extension's parts: who imports whom, who speaks to the server, what is never written.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { LANGUAGES } from "../../extension/shared/settings.js";

const EXTENSION = new URL("../../extension/", import.meta.url);

/** Which folders a folder's modules import from; content scripts import nothing. */
/** @type {Record<string, string[]>} */
const MAY_IMPORT = { shared: ["shared"], background: ["background", "shared"], ui: ["ui", "shared"], content: [] };

const FILES = Object.keys(MAY_IMPORT).flatMap((folder) =>
  readdirSync(new URL(folder, EXTENSION)).map((name) => ({
    folder,
    path: `${folder}/${name}`,
    source: readFileSync(new URL(`${folder}/${name}`, EXTENSION), "utf8"),
  })),
);
const SCRIPTS = FILES.filter(({ path }) => path.endsWith(".js"));
const PAGES = FILES.filter(({ path }) => path.endsWith(".html"));
const MESSAGES = JSON.parse(readFileSync(new URL("_locales/en/messages.json", EXTENSION), "utf8"));

/** @param {RegExp} pattern */
const scriptsWith = (pattern) => SCRIPTS.filter(({ source }) => pattern.test(source)).map(({ path }) => path);

test("modules import only what stands before them", () => {
  for (const { folder, path, source } of SCRIPTS) {
    const imports = [...source.matchAll(/^(?:import|export)\b[^"';]*from "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)(?!\.)/gm)];
    for (const match of imports) {
      const target = new URL(/** @type {string} */ (match[1] ?? match[2] ?? match[3]), new URL(path, EXTENSION));
      const from = target.href.slice(EXTENSION.href.length).split("/")[0] ?? "";
      assert.ok(MAY_IMPORT[folder]?.includes(from), `${path} imports ${match[0]}`);
    }
  }
});

test("content scripts are classic: one function that is called at once", () => {
  for (const { path, source } of SCRIPTS.filter(({ folder }) => folder === "content")) {
    const code = source.replace(/^(\/\/.*\n)+/, "");
    assert.match(code, /^\(\(\) => \{\n[^]*\n\}\)\(\);\n$/, path);
    assert.doesNotMatch(code, /^\s*(import|export) /m, path);
  }
});

test("one file alone knows the server", () => {
  assert.deepEqual(scriptsWith(/\/v1\/|X-Spinmark|Authorization/), ["background/api.js"]);
  assert.deepEqual(scriptsWith(/\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon|EventSource/), ["background/api.js", "background/background.js", "ui/localise.js"]);
  const localise = SCRIPTS.find(({ path }) => path === "ui/localise.js")?.source ?? "";
  assert.deepEqual(localise.match(/\bfetch\([^\n]+/g), ["fetch(browser.runtime.getURL(`_locales/${language}/messages.json`))).json();"]);
});

test("text never becomes markup or code", () => {
  assert.deepEqual(scriptsWith(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|setHTML/), []);
});

test("pages hold no script, style or address of their own", () => {
  assert.equal(PAGES.length, 3);
  for (const { path, source } of PAGES) {
    assert.doesNotMatch(source, /<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|(?:src|href)="[a-z]+:/i, path);
  }
});

test("every string of the interface stands in the message file, and all of the file is used", () => {
  const used = new Set(["language"]);
  for (const { source } of PAGES) for (const [, key] of source.matchAll(/data-message="(\w+)"/g)) used.add(key ?? "");
  for (const { source } of SCRIPTS) {
    for (const [, key] of source.matchAll(/\b(?:message|paragraph|entry|getMessage)\(\s*"(\w+)"/g)) used.add(key ?? "");
    for (const [, key] of source.matchAll(/\bbutton\(\s*"[\w-]+",\s*"(\w+)"/g)) used.add(key ?? "");
    for (const [, one, other] of source.matchAll(/\bmessage\(\w+ \? "(\w+)" : "(\w+)"/g)) used.add(one ?? "").add(other ?? "");
    for (const [, key] of source.matchAll(/\bcountMessage\(\s*"(\w+)"/g)) used.add(`${key}_one`).add(`${key}_other`);
  }
  const manifest = readFileSync(new URL("manifest.json", EXTENSION), "utf8");
  for (const [, key] of manifest.matchAll(/__MSG_(\w+)__/g)) used.add(key ?? "");
  const types = readFileSync(new URL("types.d.ts", EXTENSION), "utf8");
  for (const [type, prefix] of [["Group", "group"], ["Voice", "voice"], ["Palette", "palette"], ["Sureness", "sureness"]]) {
    const members = new RegExp(`type ${type} = ([^;]+);`).exec(types)?.[1]?.matchAll(/"(\w+)"/g) ?? [];
    for (const [, member] of members) used.add(`${prefix}_${member}`);
  }
  const failures = /type ServerFailure =([^]+?)type Failure/.exec(types)?.[1] ?? "";
  for (const [, kind] of failures.matchAll(/kind: "(\w+)"/g)) {
    used.add(`${kind}Title`).add(`${kind}Meaning`);
    if (["refused", "error", "restricted"].includes(kind ?? "")) used.add(`${kind}Says`);
  }
  assert.deepEqual([...used].sort(), Object.keys(MESSAGES).sort());
});

test("every placeholder of a message is declared", () => {
  for (const [key, entry] of Object.entries(MESSAGES)) {
    const { message, placeholders = {} } = /** @type {any} */ (entry);
    const named = [...message.matchAll(/\$(\w+)\$/g)].map(([, name]) => name.toLowerCase());
    assert.deepEqual(named.sort(), Object.keys(placeholders).sort(), key);
  }
});

test("each language has the same messages with the same placeholders", () => {
  assert.deepEqual(readdirSync(new URL("_locales", EXTENSION)).sort(), [...LANGUAGES].sort());
  for (const language of LANGUAGES) {
    const messages = JSON.parse(readFileSync(new URL(`_locales/${language}/messages.json`, EXTENSION), "utf8"));
    assert.deepEqual(Object.keys(messages), Object.keys(MESSAGES), language);
    assert.equal(messages.language.message, language);
    for (const [key, { message, placeholders = {} }] of Object.entries(/** @type {Record<string, any>} */ (messages))) {
      const named = [...message.matchAll(/\$(\w+)\$/g)].map(([, name]) => name.toLowerCase());
      assert.deepEqual(placeholders, MESSAGES[key].placeholders ?? {}, `${language} ${key}`);
      assert.deepEqual(named.sort(), Object.keys(placeholders).sort(), `${language} ${key}`);
    }
  }
});

test("nothing on the screen is a verdict", () => {
  for (const [key, { message }] of Object.entries(/** @type {Record<string, {message: string}>} */ (MESSAGES))) {
    assert.doesNotMatch(message, /\bis propaganda\b|\blies?\b|\bfake\b|\bmanipulat/i, key);
  }
});
