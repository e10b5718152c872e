// What our part in a page does when the background or the panel asks. Its value, when injected, says
// whether this was the first time.
(() => {
  const { own, pageText, article, selected, selectedRanges, anchor, reads, findAgain, paint } = /** @type {Required<typeof spinmark>} */ (spinmark);
  const ours = /** @type {{listening?: boolean}} */ (spinmark);
  if (ours.listening) return false;
  ours.listening = true;
  const document = own(globalThis.document);

  // Of a page that never rests we take a part of its time that nobody notices.
  const REST_PER_LOOK = 20;

  // A pointer that crosses a mark on its way elsewhere asks nothing.
  const POINTING_MS = 150;

  let run = "";
  /** @type {Held | null} */
  let collected = null;
  /** What was found again in the page, null for the rest. Without ranges the page has since lost its words.
   * @type {(Mark & {ranges: Range[] | null} | null)[]} */
  let marks = [];
  /** The marks that are painted; the others are dismissed or filtered out. @type {Set<number>} */
  let shown = new Set();
  /** @type {number | null} */
  let current = null;
  /** A look at the marks is due or was just taken; what changes meanwhile is looked at after it. */
  let isLooking = false;
  let isChanged = false;
  const changes = new MutationObserver(lookSoon);
  let pointing = 0;

  chrome.runtime.onMessage.addListener((/** @type {ToPage} */ message, _sender, respond) => {
    respond(answer(message));
    return false;
  });

  // What the page's own script makes up is no gesture of its reader's.
  addEventListener("keydown", (event) => {
    if (!event.isTrusted || event.key !== "Escape" || marks.length === 0) return;
    clear();
    run = ""; // marks may still be on their way
    chrome.runtime.sendMessage({ type: "cleared" });
  });

  for (const name of /** @type {const} */ (["pointermove", "pointerup"])) {
    addEventListener(name, ({ isTrusted, clientX, clientY }) => isTrusted && pointSoon(() => markAt(clientX, clientY)), { passive: true });
  }
  addEventListener("keyup", ({ isTrusted }) => isTrusted && pointSoon(markAtCaret));

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
        return message.run === run ? place(message.from, message.marks, message.shown) : null;
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
    if (!request.again) collected = request.part === "article" ? wholePage() : selected();
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

  /** @returns {Held | null} */
  function wholePage() {
    if (window !== top) return null;
    const page = article(document.documentElement);
    return page && { where: "page", page, part: "article" };
  }

  /**
   * Place marks behind the first `from` ones.
   *
   * @param {number} from
   * @param {Mark[]} wanted
   * @param {number[]} visible
   */
  function place(from, wanted, visible) {
    const page = collected?.where === "page" ? collected.page : null;
    const fresh = wanted.map((mark) => {
      const ranges = page && anchor(page, mark);
      return ranges && { ...mark, ranges };
    });
    const placed = fresh.map((mark) => mark !== null);
    marks = [...marks.slice(0, from), ...fresh];
    watch();
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
      marks.map((mark, index) => (shown.has(index) && mark?.ranges ? { group: mark.group, ranges: mark.ranges } : null)),
      current,
    );
  }

  /** Hear of changes wherever marks stand; a shadow root's are told to nobody outside it. */
  function watch() {
    const roots = new Set(marks.flatMap((mark) => mark?.ranges?.map((range) => range.startContainer.getRootNode()) ?? []));
    for (const root of roots.size ? [globalThis.document, ...roots] : []) {
      changes.observe(root, { subtree: true, childList: true, characterData: true });
    }
  }

  function lookSoon() {
    isChanged = true;
    if (isLooking) return;
    isLooking = true;
    requestIdleCallback(
      () => {
        isChanged = false;
        const began = performance.now();
        const isWhole = look();
        const rest = isWhole ? 0 : REST_PER_LOOK * (performance.now() - began);
        setTimeout(() => {
          isLooking = false;
          if (isChanged) lookSoon();
        }, rest);
      },
      { timeout: 1000 },
    );
  }

  /**
   * Take the marks off words that are not theirs any more, and put them where the page has theirs now. Return
   * whether all stand.
   */
  function look() {
    const strays = marks.filter((mark) => mark !== null && !(mark.ranges && reads(mark.ranges, mark.quote)));
    if (strays.length === 0) return true;
    const earlier = collected?.where === "page" ? collected.page.text : "";
    const later = collected?.part === "article" ? article(document.documentElement) : pageText(document.documentElement, null);
    for (const mark of strays) {
      const place = mark && later && findAgain(earlier, mark, later.text);
      if (mark) mark.ranges = place && later ? anchor(later, place) : null;
    }
    watch();
    repaint();
    return strays.every((mark) => mark?.ranges);
  }

  /** @param {number} index */
  function emphasise(index) {
    look();
    const first = marks[index]?.ranges?.[0];
    if (!first) return false;
    current = index;
    repaint();
    scrollTo(first);
    return true;
  }

  /**
   * Open the card of a mark that its reader points at or has the caret in, once that is sure to be meant. The page
   * stays as it is: the card stands in the panel.
   *
   * @param {() => number | undefined} find
   */
  function pointSoon(find) {
    clearTimeout(pointing);
    if (shown.size === 0 || marks.length === 0) return;
    pointing = setTimeout(() => {
      const index = find();
      if (index === undefined || index === current) return;
      current = index;
      repaint();
      chrome.runtime.sendMessage({ type: "pointed", run, index });
    }, POINTING_MS);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  function markAt(x, y) {
    return innermost((range) =>
      [...range.getClientRects()].some(({ left, right, top, bottom }) => left <= x && x <= right && top <= y && y <= bottom),
    );
  }

  function markAtCaret() {
    const selection = getSelection();
    const [caret] = selection ? selectedRanges(selection) : [];
    if (!caret?.collapsed) return undefined;
    const { startContainer, startOffset } = caret;
    return innermost((range) => range.isPointInRange(startContainer, startOffset));
  }

  /**
   * Return the shortest of the painted marks of which a part passes, since a longer one can be pointed at elsewhere.
   *
   * @param {(range: Range) => boolean} test
   */
  function innermost(test) {
    /** @param {number} index */
    const length = (index) => marks[index]?.quote.length ?? 0;
    return [...shown].filter((index) => marks[index]?.ranges?.some(test)).sort((a, b) => length(a) - length(b))[0];
  }

  /**
   * Bring a range to the middle of whatever scrolls it; `scrollIntoView` knows elements alone, and an element
   * may hold a thousand lines.
   *
   * @param {Range} range
   */
  function scrollTo(range) {
    const element = range.startContainer.parentElement;
    own(element)?.scrollIntoView({ block: "nearest", behavior: "instant" });
    for (let holder = element; holder; holder = own(holder).parentElement) {
      const isRoot = holder === document.scrollingElement;
      const box = own(holder);
      if (!isRoot && !(box.scrollHeight > box.clientHeight && /auto|scroll/.test(getComputedStyle(holder).overflowY))) {
        continue;
      }
      const { top, height } = range.getBoundingClientRect();
      const frame = isRoot ? { top: 0, height: innerHeight } : box.getBoundingClientRect();
      const by = top + height / 2 - (frame.top + frame.height / 2);
      box.scrollBy({ top: by, behavior: "instant" });
    }
  }

  function clear() {
    changes.disconnect();
    clearTimeout(pointing);
    marks = [];
    current = null;
    repaint();
  }
})();
