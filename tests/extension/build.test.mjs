import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { crc32 } from "node:zlib";
import { build, filesOf, manifestFor, TARGETS } from "../../extension/build.mjs";
import { CONTENT_SCRIPTS, CONTENT_STYLE } from "../../extension/background/page.js";
import { zip } from "../../extension/zip.mjs";

const SOURCE = JSON.parse(readFileSync(new URL("../../extension/manifest.json", import.meta.url), "utf8"));
const folder = mkdtempSync(join(tmpdir(), "spinmark-build-"));
after(() => rmSync(folder, { recursive: true }));

/**
 * Read an archive by its central directory, as programs do.
 *
 * @param {Buffer} archive
 */
function unzip(archive) {
  const end = archive.length - 22;
  assert.equal(archive.readUInt32LE(end), 0x06054b50);
  let at = archive.readUInt32LE(end + 16);
  return Array.from({ length: archive.readUInt16LE(end + 10) }, () => {
    assert.equal(archive.readUInt32LE(at), 0x02014b50);
    const [crc, , size] = [16, 20, 24].map((field) => archive.readUInt32LE(at + field));
    const nameLength = archive.readUInt16LE(at + 28);
    const local = archive.readUInt32LE(at + 42);
    const name = archive.toString("utf8", at + 46, at + 46 + nameLength);
    assert.equal(archive.readUInt32LE(local), 0x04034b50);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const content = archive.subarray(start, start + /** @type {number} */ (size));
    assert.equal(crc32(content), crc, name);
    at += 46 + nameLength;
    return { name, content };
  });
}

describe("the archive", () => {
  test("gives back what was put in, sorted by name", () => {
    const files = new Map([["b/two.txt", Buffer.from("zwei 😀")], ["a.txt", Buffer.from("one")], ["empty", Buffer.alloc(0)]]);
    const entries = unzip(zip(files)).map(({ name, content }) => [name, content.toString()]);
    assert.deepEqual(entries, [["a.txt", "one"], ["b/two.txt", "zwei 😀"], ["empty", ""]]);
  });

  test("has the same bytes whatever the order of its files", () => {
    const files = /** @type {[string, Buffer][]} */ ([["a", Buffer.from("1")], ["b", Buffer.from("2")]]);
    assert.deepEqual(zip(new Map(files)), zip(new Map(files.toReversed())));
  });
});

describe("the packages", () => {
  test("hold the files of the source, byte for byte, and a manifest each", () => {
    const paths = build(folder);
    for (const target of TARGETS) {
      const packed = unzip(readFileSync(paths[target]));
      const files = filesOf(target);
      assert.deepEqual(packed.map(({ name }) => name), [...files.keys()].sort());
      for (const { name, content } of packed) assert.ok(files.get(name)?.equals(content), name);
      assert.deepEqual(JSON.parse(String(files.get("manifest.json"))), manifestFor(SOURCE, target));
    }
  });

  for (const target of TARGETS) {
    test(`${target}: nothing that a module, a page or the background names is missing`, () => {
      const files = filesOf(target);
      const named = [...CONTENT_SCRIPTS, CONTENT_STYLE, "_locales/en/messages.json", "LICENSE"];
      for (const [path, content] of files) {
        const source = content.toString();
        const links = path.endsWith(".js") ? source.matchAll(/ from "([^"]+)";$/gm) : path.endsWith(".html") ? source.matchAll(/(?:src|href)="([^"]+)"/g) : [];
        for (const [, link] of links) named.push(new URL(link ?? "", new URL(path, "package:///")).pathname.slice(1));
      }
      assert.ok(named.length > 20);
      assert.deepEqual(named.filter((path) => !files.has(path)), []);
    });

    test(`${target}: nothing is shipped that only development needs`, () => {
      const strays = [...filesOf(target).keys()].filter((path) => /\.(mjs|d\.ts|svg)$|tsconfig|test/.test(path));
      assert.deepEqual(strays, []);
    });
  }
});

describe("each manifest", () => {
  const chromium = manifestFor(SOURCE, "chromium");
  const firefox = manifestFor(SOURCE, "firefox");

  test("names what its browser knows, and nothing that only the other knows", () => {
    const differing = [...new Set([...Object.keys(chromium), ...Object.keys(firefox)])].filter(
      (key) => JSON.stringify(chromium[key]) !== JSON.stringify(firefox[key]),
    );
    assert.deepEqual(
      differing.sort(),
      ["background", "browser_specific_settings", "minimum_chrome_version", "permissions", "side_panel", "sidebar_action"],
    );
    assert.deepEqual(Object.keys(chromium.background).sort(), ["service_worker", "type"]);
    assert.deepEqual(Object.keys(firefox.background).sort(), ["scripts", "type"]);
    assert.ok(chromium.side_panel && chromium.permissions.includes("sidePanel"));
    assert.ok(firefox.sidebar_action && !firefox.permissions.includes("sidePanel"));
    assert.equal(chromium.browser_specific_settings, undefined);
    assert.equal(firefox.side_panel, undefined);
  });

  test("leaves the source as it was", () => {
    assert.ok(SOURCE.background.scripts && SOURCE.background.service_worker && SOURCE.permissions.includes("sidePanel"));
  });
});
