// What a reader has selected: in a field, or in the page.
(() => {
  const spinmark = (globalThis.spinmark ??= {});
  if (spinmark.selected) return;
  const { own, pageText } = /** @type {Required<typeof spinmark>} */ (spinmark);
  const document = own(globalThis.document);

  // Fields whose text a reader can select and would want checked; a password is neither.
  const TEXT_FIELDS = new Set(["text", "search", "url", "tel"]);

  spinmark.selected = () => selectedField() ?? selectedPage();
  spinmark.selectedRanges = selectedRanges;

  /** @returns {Held | null} */
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

  /** @returns {Held | null} */
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
   * Return the ranges of a selection, those in open shadow roots as well.
   *
   * @param {Selection} selection
   * @returns {AbstractRange[]}
   */
  function selectedRanges(selection) {
    // Only Firefox selects several ranges, and only this call sees into shadow roots.
    if (selection.rangeCount === 1 && selection.getComposedRanges) {
      return selection.getComposedRanges({ shadowRoots: openShadowRoots() });
    }
    return Array.from({ length: selection.rangeCount }, (_, i) => selection.getRangeAt(i));
  }

  /** @returns {ShadowRoot[]} */
  function openShadowRoots() {
    /** @type {(Document | ShadowRoot)[]} */
    const roots = [document];
    // It grows while it is gone through: one root may hold the next.
    for (const root of roots) {
      for (const element of root.querySelectorAll("*")) {
        const { shadowRoot } = own(element);
        if (shadowRoot) roots.push(shadowRoot);
      }
    }
    return /** @type {ShadowRoot[]} */ (roots.slice(1));
  }
})();
