// The main text of a page: its running text without what surrounds it.
(() => {
  const spinmark = (globalThis.spinmark ??= {});
  if (spinmark.article) return;
  const { own, pageText } = /** @type {Required<typeof spinmark>} */ (spinmark);

  const SURROUNDINGS = new Set("nav aside footer menu dialog button label legend".split(" "));
  const SURROUNDING_ROLES = new Set(
    ("navigation complementary contentinfo banner search dialog alertdialog menu menubar toolbar tablist tooltip " +
      "button").split(" "),
  );

  // Letters outside links from which a line counts as running text: a sentence of a dozen words. Menus, bylines,
  // captions and teasers are shorter or links.
  const PROSE_LETTERS = 60;

  // The part of a page's running text that its main element must hold. Of elements that hold more than half of
  // it each contains the next, so there is one innermost; a marked article needs no more than that half, an
  // unmarked element takes comments and side stories along rather than lose a quarter of the text.
  const ARTICLE_SHARE = 0.5;
  const ELEMENT_SHARE = 0.75;

  /** @typedef {{pieces: Piece[], prose: number, linked: boolean}} Line */

  /**
   * Return the main text of a page, or null where nothing in it is running text.
   *
   * The headline is part of it wherever it stands. Lines that are links from end to end lead elsewhere and are
   * left out.
   *
   * @param {Element} root
   * @returns {PageText | null}
   */
  spinmark.article = (root) => {
    const page = pageText(root, null, isSurrounding);
    const lines = page ? linesOf(page.pieces) : [];
    const main = mainElement(lines);
    if (!page || !main) return null;
    const inMain = lines.map((line) => isWithin(line, (element) => element === main));
    const first = inMain.indexOf(true);
    const headline = lines.some((line, i) => inMain[i] && isHeadline(line))
      ? -1
      : lines.findLastIndex((line, i) => i < first && isHeadline(line));
    const wanted = lines.filter((line, i) => i === headline || (inMain[i] && (!line.linked || isHeadline(line))));
    return joined(page.text, wanted);
  };

  /** @param {Element} element */
  function isSurrounding(element) {
    const { localName } = own(element);
    const role = own(element).getAttribute("role");
    if (role !== null && SURROUNDING_ROLES.has(role)) return true;
    if (SURROUNDINGS.has(localName)) return true;
    // A header is the site's own unless it belongs to an article.
    return localName === "header" && !element.closest("article, main, [role=article], [role=main]");
  }

  /**
   * Part the pieces where the text has a line break between two of them.
   *
   * @param {Piece[]} pieces
   * @returns {Line[]}
   */
  function linesOf(pieces) {
    /** @type {Line[]} */
    const lines = [];
    /** @type {Map<Node, boolean>} */
    const known = new Map();
    let end = -1;
    for (const piece of pieces) {
      let line = lines.at(-1);
      if (line === undefined || piece.at > end) {
        line = { pieces: [], prose: 0, linked: true };
        lines.push(line);
      }
      line.pieces.push(piece);
      end = piece.at + piece.length;
      if (!isInLink(piece.node, known)) {
        const letters = piece.node.data.slice(piece.from, piece.from + piece.length).trim().length;
        line.prose += letters;
        if (letters > 0) line.linked = false;
      }
    }
    return lines;
  }

  /**
   * @param {Node} node
   * @param {Map<Node, boolean>} known
   * @returns {boolean}
   */
  function isInLink(node, known) {
    const parent = drawnParent(node);
    if (parent === null) return false;
    let answer = known.get(parent);
    if (answer === undefined) {
      answer = (parent.localName === "a" && parent.hasAttribute("href")) || isInLink(parent, known);
      known.set(parent, answer);
    }
    return answer;
  }

  /**
   * @param {Line[]} lines
   * @returns {Element | null}
   */
  function mainElement(lines) {
    /** @type {Map<Element, number>} */
    const weights = new Map();
    let total = 0;
    for (const { pieces, prose } of lines) {
      if (prose < PROSE_LETTERS) continue;
      total += prose;
      for (const element of ancestors(/** @type {Piece} */ (pieces[0]).node)) {
        weights.set(element, (weights.get(element) ?? 0) + prose);
      }
    }
    const chain = [...weights.keys()]
      .filter((element) => /** @type {number} */ (weights.get(element)) > total * ARTICLE_SHARE)
      .map((element) => ({ element, depth: ancestors(element).length }))
      .sort((a, b) => a.depth - b.depth)
      .map(({ element }) => element);
    return (
      chain.find((element) => own(element).matches("article, [role=article]")) ??
      chain.findLast((element) => /** @type {number} */ (weights.get(element)) >= total * ELEMENT_SHARE) ??
      null
    );
  }

  /** @param {Line} line */
  function isHeadline(line) {
    return isWithin(line, (element) => element.localName === "h1");
  }

  /**
   * @param {Line} line
   * @param {(element: Element) => boolean} test
   */
  function isWithin({ pieces: [first] }, test) {
    return ancestors(/** @type {Piece} */ (first).node).some(test);
  }

  /**
   * @param {Node} node
   * @returns {Element[]} the innermost first
   */
  function ancestors(node) {
    const found = [];
    for (let element = drawnParent(node); element; element = drawnParent(element)) found.push(element);
    return found;
  }

  /**
   * Return the element that a node is drawn in, out of shadow roots and through slots.
   *
   * @param {Node} node
   * @returns {Element | null}
   */
  function drawnParent(node) {
    const { assignedSlot, parentNode } = own(/** @type {Text | Element} */ (node));
    const parent = assignedSlot ?? parentNode;
    switch (own(parent)?.nodeType) {
      case Node.ELEMENT_NODE:
        return /** @type {Element} */ (parent);
      case Node.DOCUMENT_FRAGMENT_NODE:
        return /** @type {ShadowRoot} */ (parent).host;
      default:
        return null;
    }
  }

  /**
   * @param {string} text
   * @param {Line[]} lines
   * @returns {PageText}
   */
  function joined(text, lines) {
    /** @type {Piece[]} */
    const pieces = [];
    /** @type {string[]} */
    const parts = [];
    let at = 0;
    for (const line of lines) {
      const start = /** @type {Piece} */ (line.pieces[0]).at;
      const last = /** @type {Piece} */ (line.pieces.at(-1));
      for (const piece of line.pieces) pieces.push({ ...piece, at: piece.at - start + at });
      parts.push(text.slice(start, last.at + last.length));
      at += last.at + last.length - start + 1; // and the line break after it
    }
    return { text: parts.join("\n"), pieces };
  }
})();
