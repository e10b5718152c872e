// From a passage of the text back to the page, or not at all.
(() => {
  const spinmark = (globalThis.spinmark ??= {});
  if (spinmark.anchor) return;
  const { own } = /** @type {Required<typeof spinmark>} */ (spinmark);
  const document = own(globalThis.document);

  /**
   * Return the ranges of a passage, or null unless each of them still reads as the passage does.
   *
   * A passage within one block is one range. It takes several where it runs over a block's end, a shadow
   * root's border or something hidden, since a range would take in what lies between.
   *
   * @param {PageText} page
   * @param {Pick<Mark, "start" | "end" | "quote">} mark
   * @returns {Range[] | null}
   */
  spinmark.anchor = ({ text, pieces }, { start, end, quote }) => {
    if (quote === "" || text.slice(start, end) !== quote) return null;
    /** @type {{range: Range, start: number, end: number}[]} */
    const found = [];
    for (let i = firstPiece(pieces, start); i < pieces.length; i += 1) {
      const piece = /** @type {Piece} */ (pieces[i]);
      if (piece.at >= end) break;
      const { node } = piece;
      const passageStart = Math.max(start, piece.at);
      const passageEnd = Math.min(end, piece.at + piece.length);
      const from = piece.from + passageStart - piece.at;
      const to = from + passageEnd - passageStart;
      if (!node.isConnected || to > node.length) return null;
      let last = found.at(-1);
      if (last === undefined || !piece.joined) {
        last = { range: document.createRange(), start: passageStart, end: passageEnd };
        last.range.setStart(node, from);
        found.push(last);
      }
      last.range.setEnd(node, to);
      last.end = passageEnd;
    }
    const holds = found.every((part) => collapse(part.range.toString()) === collapse(text.slice(part.start, part.end)));
    return found.length > 0 && holds ? found.map((part) => part.range) : null;
  };

  /**
   * Return the index of the first piece that ends after `offset`.
   *
   * @param {Piece[]} pieces
   * @param {number} offset
   */
  function firstPiece(pieces, offset) {
    let low = 0;
    let high = pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const piece = /** @type {Piece} */ (pieces[middle]);
      if (piece.at + piece.length <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** @param {string} text */
  function collapse(text) {
    return text.replace(/[ \t\n\r\f]+/g, " ");
  }
})();
