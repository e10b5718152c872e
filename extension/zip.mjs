import { crc32 } from "node:zlib";

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
const MIDNIGHT = 0;
const FIRST_OF_JANUARY_1980 = 0x0021; // the earliest day that the format can write

/**
 * Return a zip archive whose bytes depend on nothing but the files: they are sorted by name, of one date, and
 * stored as they are, since what deflate writes differs between versions of zlib.
 *
 * Source: PKWARE, APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 and 4.3.16.
 *
 * @param {Map<string, Buffer>} files by their paths, which are ASCII
 */
export function zip(files) {
  const names = [...files.keys()].sort();
  /** @type {Buffer[]} */
  const locals = [];
  /** @type {Buffer[]} */
  const centrals = [];
  let offset = 0;
  for (const name of names) {
    const content = /** @type {Buffer} */ (files.get(name));
    const facts = factsOf(name, content);
    const local = Buffer.concat([u32(LOCAL_HEADER), facts, Buffer.from(name), content]);
    centrals.push(
      u32(CENTRAL_HEADER),
      u16(VERSION),
      facts,
      Buffer.alloc(10), // no comment, first disk, no attributes
      u32(offset),
      Buffer.from(name),
    );
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = [u32(END), u32(0), u16(names.length), u16(names.length), u32(directory.length), u32(offset), u16(0)];
  return Buffer.concat([...locals, directory, ...end]);
}

/**
 * Return the part that a file's two headers have in common.
 *
 * @param {string} name
 * @param {Buffer} content
 */
function factsOf(name, content) {
  const flags = 0;
  const stored = 0;
  const extraLength = 0;
  return Buffer.concat([
    ...[VERSION, flags, stored, MIDNIGHT, FIRST_OF_JANUARY_1980].map(u16),
    ...[crc32(content), content.length, content.length].map(u32),
    ...[name.length, extraLength].map(u16),
  ]);
}

/** @param {number} value */
function u16(value) {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

/** @param {number} value */
function u32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
