// The report counts code points; JavaScript counts UTF-16 units. The two part at the first emoji.

/**
 * Return the part of `text` between two code-point offsets.
 *
 * @param {string} text
 * @param {number} start
 * @param {number} end
 */
export function sliceCodePoints(text, start, end) {
  const from = utf16Offset(text, start);
  return text.slice(from, from + utf16Offset(text.slice(from), end - start));
}

/**
 * Return the UTF-16 offset of the code point number `offset`, or the text's length where it has fewer.
 *
 * @param {string} text
 * @param {number} offset
 */
export function utf16Offset(text, offset) {
  let at = 0;
  for (let left = offset; left > 0 && at < text.length; left -= 1) {
    at += /** @type {number} */ (text.codePointAt(at)) > 0xffff ? 2 : 1;
  }
  return at;
}

/**
 * Say whether a flag's offsets lead to its own words; nothing is painted by offsets that do not.
 *
 * @param {string} text
 * @param {Flag} flag
 */
export function agrees(text, flag) {
  return flag.text !== "" && text.slice(flag.start_utf16, flag.end_utf16) === flag.text;
}
