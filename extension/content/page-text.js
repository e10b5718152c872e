// The text that a reader sees, and where in the page each of its letters stands.
(() => {
  const spinmark = (globalThis.spinmark ??= {});
  if (spinmark.pageText) return;
  const { own } = /** @type {Required<typeof spinmark>} */ (spinmark);

  // Elements whose text nodes are not what a reader sees there. A field's text is taken from its value instead.
  const UNREAD = new Set(
    ("script style noscript template head title iframe object canvas audio video svg textarea select datalist " +
      "math rp").split(" "),
  );
  /**
   * An element whose children are being read. `remapped` ones are drawn from elsewhere: a shadow root, a slot.
   *
   * @typedef {{element: Element, children: Iterator<Node>, block: boolean, remapped: boolean}} Opened
   */

  /** The boundaries of no selection. */
  const NOWHERE = { startContainer: null, startOffset: 0, endContainer: null, endOffset: 0 };
  const SPACE = /^[ \t\n\r\f]/;
  const SPACE_OR_WORD = /[ \t\n\r\f]+|[^ \t\n\r\f]+/g;

  /**
   * Return the visible text between two boundaries, or null where one of them is not in the visible page;
   * without boundaries all of it.
   *
   * White space is collapsed as the browser collapses it, because a line break of the source would end a
   * sentence for the model; "\n" stands between blocks, so that no two words are glued together. The walk
   * follows the page as it is drawn: through open shadow roots, with slotted nodes where their slots are.
   *
   * @param {Node} root
   * @param {Boundaries | null} selected
   * @param {(element: Element) => boolean} [isLeftOut] tells elements that are drawn and yet not wanted
   * @returns {PageText | null}
   */
  spinmark.pageText = (root, selected, isLeftOut = () => false) => {
    // Joined at the end: to look at the last letter of a growing string copies all of it each time.
    /** @type {string[]} */
    const parts = [];
    let length = 0;
    /** @type {Piece[]} */
    const pieces = [];
    let inside = selected === null;
    let done = false;
    let blockBreak = false;
    /** @type {{node: Text, from: number} | null} */
    let space = null;
    let severed = false; // something stands between the last piece and the next that is not in the text

    const { startContainer, startOffset, endContainer, endOffset } = selected ?? NOWHERE;
    const startsBefore = own(startContainer)?.childNodes[startOffset] ?? null;
    const endsBefore = own(endContainer)?.childNodes[endOffset] ?? null;
    const startsInText = startContainer?.nodeType === Node.TEXT_NODE;
    const endsInText = endContainer?.nodeType === Node.TEXT_NODE;

    // Not by recursion: a page may nest its elements deeper than the stack goes.
    /** @type {Opened[]} */
    const open = [];
    enter(root);
    for (let inmost = open.at(-1); inmost; inmost = open.at(-1)) {
      const child = done ? null : inmost.children.next();
      if (child && !child.done) {
        enter(child.value);
      } else {
        open.pop();
        if (inmost.block) blockBreak = true;
        if (inmost.remapped) sever();
        leave(inmost.element);
      }
    }
    return done || selected === null ? { text: parts.join(""), pieces } : null;

    /** @param {Node} node */
    function enter(node) {
      if (node === startsBefore) inside = true;
      if (node === endsBefore) done = true;
      if (done) return;
      const { nodeType } = own(node);
      const opened = nodeType === Node.ELEMENT_NODE ? openElement(/** @type {Element} */ (node)) : null;
      if (opened) {
        open.push(opened);
      } else {
        if (nodeType === Node.TEXT_NODE) visitText(/** @type {Text} */ (node));
        leave(node);
      }
    }

    /** @param {Node} node */
    function leave(node) {
      if (!startsInText && node === startContainer && !startsBefore) inside = true;
      if (!endsInText && node === endContainer && !endsBefore) done = true;
    }

    /** @param {Text} node */
    function visitText(node) {
      if (node === startContainer) inside = true;
      if (inside) {
        const from = node === startContainer ? startOffset : 0;
        const to = node === endContainer ? endOffset : node.length;
        write(node, from, to);
      }
      if (node === endContainer) done = true;
    }

    /**
     * @param {Element} element
     * @returns {Opened | null} null where it was passed
     */
    function openElement(element) {
      const style = getComputedStyle(element);
      const { localName, shadowRoot } = own(element);
      if (UNREAD.has(localName) || style.display === "none") return pass(element);
      if (localName === "br") blockBreak = true;
      const block = isBlock(style.display);
      const remapped = shadowRoot !== null || localName === "slot";
      if (block) blockBreak = true;
      if (isLeftOut(element)) return pass(element);
      if (remapped) sever();
      return { element, children: drawnChildren(element)[Symbol.iterator](), block, remapped };
    }

    /**
     * Go past what is not read; a boundary in it takes effect at its edge.
     *
     * @param {Element} element
     * @returns {null}
     */
    function pass(element) {
      const passed = own(element);
      if (inside && passed.textContent) sever();
      if (passed.contains(startContainer)) inside = true;
      if (passed.contains(endContainer)) done = true;
      return null;
    }

    /**
     * @param {Text} node
     * @param {number} from
     * @param {number} to
     */
    function write(node, from, to) {
      const parent = node.parentElement ?? /** @type {ShadowRoot} */ (node.getRootNode()).host;
      const style = getComputedStyle(/** @type {Element} */ (parent));
      if (style.visibility !== "visible" && style.visibility !== "") {
        if (to > from) sever();
        return;
      }
      const data = node.data.slice(from, to);
      if (keepsSpace(style)) {
        if (data) add(node, from, data);
        return;
      }
      for (const { 0: run, index } of data.matchAll(SPACE_OR_WORD)) {
        if (!SPACE.test(run)) add(node, from + index, run);
        else if (!parts.at(-1)?.endsWith(" ")) space ??= { node, from: from + index };
      }
    }

    /** Note that what comes next in the text does not come next in the page. */
    function sever() {
      if (space && length && !blockBreak) append(space.node, space.from, " ");
      space = null;
      severed = true;
    }

    /**
     * @param {Text} node
     * @param {number} from
     * @param {string} run
     */
    function add(node, from, run) {
      if (blockBreak) {
        if (length) put("\n");
        severed = true;
      } else if (space && length) {
        append(space.node, space.from, " ");
      }
      blockBreak = false;
      space = null;
      append(node, from, run);
    }

    /**
     * @param {Text} node
     * @param {number} from
     * @param {string} run
     */
    function append(node, from, run) {
      const last = pieces.at(-1);
      const joined = !severed && last !== undefined && last.node.getRootNode() === node.getRootNode();
      severed = false;
      if (joined && last.node === node && last.from + last.length === from) last.length += run.length;
      else pieces.push({ node, from, at: length, length: run.length, joined });
      put(run);
    }

    /** @param {string} run */
    function put(run) {
      parts.push(run);
      length += run.length;
    }
  };

  /** @param {string} display */
  function isBlock(display) {
    return !/^(inline|contents|ruby|none|$)/.test(display);
  }

  /** @param {CSSStyleDeclaration} style */
  function keepsSpace(style) {
    return /^(pre|break-spaces)/.test(style.getPropertyValue("white-space-collapse") || style.whiteSpace);
  }

  /**
   * @param {Element} element
   * @returns {Iterable<Node>}
   */
  function drawnChildren(element) {
    const { shadowRoot, localName, childNodes } = own(element);
    if (shadowRoot) return shadowRoot.childNodes;
    if (localName === "slot") {
      const assigned = /** @type {HTMLSlotElement} */ (element).assignedNodes();
      if (assigned.length) return assigned;
    }
    if (localName === "details" && !element.hasAttribute("open")) {
      return [...element.children].filter((child) => child.localName === "summary").slice(0, 1);
    }
    return childNodes;
  }
})();
