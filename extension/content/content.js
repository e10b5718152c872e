// What our part in a page does when the background or the panel asks. Its value, when injected, says
// whether this was the first time.
(() => {
  const { pageText, article, anchor, paint } = /** @type {Required<typeof spinmark> & {listening?: boolean}} */ (spinmark);
  const ours = /** @type {{listening?: boolean}} */ (spinmark);
  if (ours.listening) return false;
  ours.listening = true;

  // Fields whose text a reader can select and would want checked; a password is neither.
  const TEXT_FIELDS = new Set(["text", "search", "url", "tel"]);

  let run = "";
  /** @type {{where: "page", page: PageText, part: Part} | {where: "field", text: string, part: "selection"} | null} */
  let collected = null;
  /** @type {({group: Group, ranges: Range[]} | null)[]} */
  let marks = [];
  /** The marks that are painted; the others are dismissed or filtered out. @type {Set<number>} */
  let shown = new Set();
  /** @type {number | null} */
  let current = null;

  chrome.runtime.onMessage.addListener((/** @type {ToPage} */ message, _sender, respond) => {
    respond(answer(message));
    return false;
  });

  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || marks.length === 0) return;
    clear();
    chrome.runtime.sendMessage({ type: "cleared" });
  });

  // A page that comes back from the back/forward cache comes back painted, but its list is gone.
  addEventListener("pageshow", (event) => {
    if (event.persisted) clear();
  });

  // The page may follow the system from light to dark, and the marks must follow the page.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);

  return true;

  /** @param {ToPage} message */
  function answer(message) {
    switch (message.type) {
      case "collect":
        return collect(message);
      case "paint":
        return message.run === run ? place(message.marks, message.shown) : null;
      case "show":
        return message.run === run && show(message.shown);
      case "emphasise":
        return message.run === run && emphasise(message.index);
      case "clear":
        return clear();
      case "text":
        return message.run === run ? collectedText() : null;
      case "alive":
        return message.run === run;
    }
  }

  /**
   * @param {{run: string, part: Part, again: boolean}} request
   * @returns {Collected}
   */
  function collect(request) {
    clear();
    run = request.run;
    if (!request.again) collected = request.part === "article" ? wholePage() : (selectedField() ?? selectedPage());
    if (collected) {
      const { where, part } = collected;
      const text = /** @type {string} */ (collectedText());
      const focused = document.hasFocus() && document.activeElement?.localName !== "iframe";
      return { text, where, part, focused, site: location.hostname, url: location.href };
    }
    return document.contentType === "application/pdf" ? { where: "viewer" } : null;
  }

  function collectedText() {
    return collected?.where === "page" ? collected.page.text : (collected?.text ?? null);
  }

  /** @returns {{where: "page", page: PageText, part: "article"} | null} */
  function wholePage() {
    if (window !== top) return null;
    const page = article(document.documentElement);
    return page && { where: "page", page, part: "article" };
  }

  /** @returns {{where: "field", text: string, part: "selection"} | null} */
  function selectedField() {
    let active = document.activeElement;
    while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
    if (!isTextField(active)) return null;
    const text = active.value.slice(active.selectionStart ?? 0, active.selectionEnd ?? 0);
    return text.trim() ? { where: "field", text, part: "selection" } : null;
  }

  /**
   * @param {Element | null} element
   * @returns {element is HTMLTextAreaElement | HTMLInputElement}
   */
  function isTextField(element) {
    return (
      element instanceof HTMLTextAreaElement || (element instanceof HTMLInputElement && TEXT_FIELDS.has(element.type))
    );
  }

  /** @returns {{where: "page", page: PageText, part: "selection"} | null} */
  function selectedPage() {
    const selection = getSelection();
    if (!selection) return null;
    /** @type {PageText} */
    const page = { text: "", pieces: [] };
    for (const range of selectedRanges(selection)) {
      const part = range.collapsed ? null : pageText(document.documentElement, range);
      if (!part?.text) continue;
      if (page.text) page.text += "\n";
      for (const piece of part.pieces) page.pieces.push({ ...piece, at: piece.at + page.text.length });
      page.text += part.text;
    }
    return page.text.trim() ? { where: "page", page, part: "selection" } : null;
  }

  /**
   * @param {Selection} selection
   * @returns {AbstractRange[]}
   */
  function selectedRanges(selection) {
    // Only Firefox selects several ranges, and only this call sees into shadow roots.
    if (selection.rangeCount === 1 && selection.getComposedRanges) {
      return selection.getComposedRanges({ shadowRoots: openShadowRoots(document) });
    }
    return Array.from({ length: selection.rangeCount }, (_, i) => selection.getRangeAt(i));
  }

  /**
   * @param {ParentNode} root
   * @returns {ShadowRoot[]}
   */
  function openShadowRoots(root) {
    const roots = [...root.querySelectorAll("*")].flatMap((element) => element.shadowRoot ?? []);
    return roots.flatMap((shadow) => [shadow, ...openShadowRoots(shadow)]);
  }

  /**
   * @param {Mark[]} wanted
   * @param {number[]} visible
   */
  function place(wanted, visible) {
    const page = collected?.where === "page" ? collected.page : null;
    marks = wanted.map((mark) => {
      const ranges = page && anchor(page, mark);
      return ranges && { group: mark.group, ranges };
    });
    const placed = marks.map((mark) => mark !== null);
    // The selection would lie over the marks and hide them; what was selected is kept in `collected`.
    if (collected?.part === "selection" && placed.includes(true)) getSelection()?.removeAllRanges();
    show(visible);
    return placed;
  }

  /** @param {number[]} visible */
  function show(visible) {
    shown = new Set(visible);
    if (current !== null && !shown.has(current)) current = null;
    repaint();
    return true;
  }

  function repaint() {
    paint(
      marks.map((mark, index) => (shown.has(index) ? mark : null)),
      current,
    );
  }

  /** @param {number} index */
  function emphasise(index) {
    const mark = marks[index];
    // A page that redraws itself leaves our ranges collapsed: nothing to show any more.
    if (!mark || mark.ranges.some((range) => range.collapsed)) return false;
    current = index;
    repaint();
    scrollTo(/** @type {Range} */ (mark.ranges[0]));
    return true;
  }

  /**
   * Bring a range to the middle of whatever scrolls it; `scrollIntoView` knows elements alone, and an element
   * may hold a thousand lines.
   *
   * @param {Range} range
   */
  function scrollTo(range) {
    const element = range.startContainer.parentElement;
    element?.scrollIntoView({ block: "nearest", behavior: "instant" });
    for (let box = element; box; box = box.parentElement) {
      const isRoot = box === document.scrollingElement;
      if (!isRoot && !(box.scrollHeight > box.clientHeight && /auto|scroll/.test(getComputedStyle(box).overflowY))) {
        continue;
      }
      const { top, height } = range.getBoundingClientRect();
      const frame = isRoot ? { top: 0, height: innerHeight } : box.getBoundingClientRect();
      const by = top + height / 2 - (frame.top + frame.height / 2);
      box.scrollBy({ top: by, behavior: "instant" });
    }
  }

  function clear() {
    marks = [];
    current = null;
    repaint();
  }
})();
