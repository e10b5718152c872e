import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { CONTENT_SCRIPTS, CONTENT_STYLE } from "../../extension/background/page.js";

const EXTENSION = new URL("../../extension/", import.meta.url);
const ROOT = new URL("../../", import.meta.url);

/** @param {string} name */
const json = (name) => JSON.parse(readFileSync(new URL(name, ROOT), "utf8"));
const manifest = json("extension/manifest.json");

test("the extension asks for what it uses and reaches this machine alone", () => {
  assert.deepEqual(manifest.permissions, ["activeTab", "contextMenus", "scripting", "sidePanel", "storage"]);
  assert.deepEqual(manifest.host_permissions, ["http://127.0.0.1/*"]);
  for (const key of ["content_scripts", "optional_host_permissions", "optional_permissions", "web_accessible_resources", "externally_connectable"]) {
    assert.equal(manifest[key], undefined, key);
  }
});

test("its pages run their own files and speak to this machine alone", () => {
  const policy = Object.fromEntries(
    manifest.content_security_policy.extension_pages.split("; ").map((/** @type {string} */ rule) => rule.split(/ (.*)/s)),
  );
  assert.deepEqual(policy, {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self' http://127.0.0.1:*",
    "base-uri": "'none'",
    "form-action": "'none'",
  });
});

test("one manifest serves both browsers", () => {
  assert.equal(manifest.background.service_worker, manifest.background.scripts[0]);
  assert.equal(manifest.background.type, "module");
  assert.equal(manifest.side_panel.default_path, manifest.sidebar_action.default_panel);
  assert.deepEqual(manifest.browser_specific_settings.gecko.data_collection_permissions, { required: ["none"] });
});

test("every file that the manifest or the background names is there", () => {
  const named = [
    ...Object.values(manifest.icons),
    ...Object.values(manifest.action.default_icon),
    ...Object.values(manifest.sidebar_action.default_icon),
    manifest.action.default_popup,
    manifest.background.service_worker,
    manifest.side_panel.default_path,
    manifest.options_ui.page,
    ...CONTENT_SCRIPTS,
    CONTENT_STYLE,
  ];
  assert.deepEqual(named.filter((file) => !existsSync(new URL(file, EXTENSION))), []);
});

test("the icons have the sizes that they are named for", () => {
  for (const [size, file] of Object.entries(manifest.icons)) {
    const png = readFileSync(new URL(/** @type {string} */ (file), EXTENSION));
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [Number(size), Number(size)]);
  }
});

test("extension, package and distribution have one version", () => {
  const distribution = /^version = "(.+)"$/m.exec(readFileSync(new URL("pyproject.toml", ROOT), "utf8"))?.[1];
  assert.equal(manifest.version, distribution);
  assert.equal(json("package.json").version, distribution);
});

test("the lock file names no registry", () => {
  const packages = Object.values(json("package-lock.json").packages);
  assert.deepEqual(packages.filter((entry) => /** @type {any} */ (entry).resolved), []);
});
