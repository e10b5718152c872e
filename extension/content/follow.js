// Marks in a page that goes on changing: those that still stand on their words, and where others went.
(() => {
  const spinmark = (globalThis.spinmark ??= {});
  if (spinmark.reads) return;

  // As many letters of a passage's surroundings tell it from the same words elsewhere.
  const CONTEXT_LETTERS = 24;
  // Fewer than a word or two tell nothing: a passage that was all of its text is not looked for elsewhere.
  const LEAST_LETTERS = 8;

  /**
   * Say whether ranges, which the browser moves when the page changes, still hold a passage's words and no others.
   *
   * @param {Range[]} ranges
   * @param {string} quote
   */
  spinmark.reads = (ranges, quote) => letters(ranges.join("")) === letters(quote);

  /**
   * Return where a passage of an earlier text stands in a later one, or null unless there is exactly one place that
   * has its words and what was before or behind them.
   *
   * @param {string} earlier
   * @param {Pick<Mark, "start" | "end" | "quote">} mark
   * @param {string} later
   * @returns {Pick<Mark, "start" | "end" | "quote"> | null}
   */
  spinmark.findAgain = (earlier, { start, end, quote }, later) => {
    const before = lettersBefore(earlier, start);
    const behind = lettersBehind(earlier, end);
    const found = [];
    for (let at = later.indexOf(quote); at >= 0; at = later.indexOf(quote, at + 1)) {
      if (isSame(lettersBefore(later, at), before) || isSame(lettersBehind(later, at + quote.length), behind)) found.push(at);
    }
    const [at] = found;
    return found.length === 1 && at !== undefined ? { start: at, end: at + quote.length, quote } : null;
  };

  /**
   * @param {string} now
   * @param {string} then
   */
  function isSame(now, then) {
    return now === then && then.length >= LEAST_LETTERS;
  }

  /** @param {string} text */
  function letters(text) {
    return text.replace(/\s+/g, "");
  }

  /**
   * @param {string} text
   * @param {number} at
   */
  function lettersBefore(text, at) {
    // Twice as much holds enough letters unless hardly any stand there.
    return letters(text.slice(Math.max(0, at - 2 * CONTEXT_LETTERS), at)).slice(-CONTEXT_LETTERS);
  }

  /**
   * @param {string} text
   * @param {number} at
   */
  function lettersBehind(text, at) {
    return letters(text.slice(at, at + 2 * CONTEXT_LETTERS)).slice(0, CONTEXT_LETTERS);
  }
})();
