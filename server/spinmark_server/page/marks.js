// Where marks lie in a text. No DOM here: offsets in, offsets out, all in UTF-16 units.

/**
 * Cut a text at every edge of a range. Returns the pieces in reading order, none empty, each with the indices
 * of the ranges that cover it and of those that end with it.
 *
 * @param {number} length
 * @param {{start: number, end: number}[]} ranges
 * @returns {{start: number, end: number, covering: number[], ending: number[]}[]}
 */
export function pieces(length, ranges) {
  /** @type {Map<number, {starting: number[], ending: number[]}>} */
  const edges = new Map();
  const edge = (/** @type {number} */ at) => {
    if (!edges.has(at)) edges.set(at, {starting: [], ending: []});
    return /** @type {{starting: number[], ending: number[]}} */ (edges.get(at));
  };
  edge(0);
  edge(length);
  ranges.forEach(({start, end}, index) => {
    edge(start).starting.push(index);
    edge(end).ending.push(index);
  });
  const offsets = [...edges.keys()].sort((a, b) => a - b);
  const open = new Set();
  return offsets.slice(1).map((end, i) => {
    const start = offsets[i];
    for (const index of edge(start).ending) open.delete(index);
    for (const index of edge(start).starting) open.add(index);
    return {start, end, covering: [...open].sort((a, b) => a - b), ending: edge(end).ending};
  });
}

/**
 * Give every range a lane such that no two in one lane overlap, the lowest free one first.
 *
 * @param {{start: number, end: number}[]} ranges
 * @returns {number[]}
 */
export function lanes(ranges) {
  const order = ranges.map((_, i) => i).sort((a, b) => ranges[a].start - ranges[b].start || ranges[b].end - ranges[a].end);
  /** @type {number[]} */
  const ends = [];
  /** @type {number[]} */
  const given = new Array(ranges.length);
  for (const index of order) {
    const free = ends.findIndex((end) => end <= ranges[index].start);
    given[index] = free === -1 ? ends.length : free;
    ends[given[index]] = ranges[index].end;
  }
  return given;
}

/**
 * Return the UTF-16 offset of a code point, for the parts of a report that count code points alone.
 *
 * @param {string} text
 * @param {number} codePoint
 */
export function utf16Offset(text, codePoint) {
  let at = 0;
  for (let left = codePoint; left > 0 && at < text.length; left -= 1) {
    at += /** @type {number} */ (text.codePointAt(at)) > 0xffff ? 2 : 1;
  }
  return at;
}

/** @param {string} text */
export function codePoints(text) {
  let count = 0;
  for (let at = 0; at < text.length; at += /** @type {number} */ (text.codePointAt(at)) > 0xffff ? 2 : 1) count += 1;
  return count;
}
