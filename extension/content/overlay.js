// Paints passages over the page without touching its elements.
(() => {
  const spinmark = (globalThis.spinmark ??= {});
  if (spinmark.paint) return;

  const PREFIX = "spinmark-";

  // Listed, because Firefox does not let an extension iterate over the page's registry.
  const NAMES = ["attack", "justification", "simplification", "distraction", "call", "wording", "current"].flatMap(
    (name) => [`${PREFIX}${name}`, `${PREFIX}${name}-on-dark`],
  );

  /**
   * Replace all that is painted. The names in the registry are those that overlay.css styles; the page can
   * read them, so they say no more than what is to be seen anyway.
   *
   * @param {({group: Group, ranges: Range[]} | null)[]} marks
   * @param {number | null} current the mark to emphasise
   */
  spinmark.paint = (marks, current) => {
    for (const name of NAMES) CSS.highlights.delete(name);
    /** @type {Map<Element, string>} */
    const grounds = new Map();
    marks.forEach((mark, index) => {
      for (const range of mark?.ranges ?? []) {
        const ground = groundOf(range, grounds);
        addTo(`${PREFIX}${mark?.group}${ground}`, range, 0);
        if (index === current) addTo(`${PREFIX}current${ground}`, range, 1);
      }
    });
  };

  /**
   * @param {string} name
   * @param {Range} range
   * @param {number} priority
   */
  function addTo(name, range, priority) {
    let highlight = CSS.highlights.get(name);
    if (!highlight) {
      highlight = new Highlight();
      highlight.priority = priority;
      CSS.highlights.set(name, highlight);
    }
    highlight.add(range);
  }

  /**
   * Return "-on-dark" where the page's letters are light, else "". A page's own colours decide, not the
   * system's preference: many pages know only one of the two.
   *
   * @param {Range} range
   * @param {Map<Element, string>} known
   */
  function groundOf(range, known) {
    const { startContainer } = range;
    const element = /** @type {Element} */ (
      startContainer.parentElement ?? /** @type {ShadowRoot} */ (startContainer.getRootNode()).host
    );
    let ground = known.get(element);
    if (ground === undefined) {
      ground = isLight(getComputedStyle(element).color) ? "-on-dark" : "";
      known.set(element, ground);
    }
    return ground;
  }

  /** @param {string} color as computed: rgb(), or the space in which the page wrote it */
  function isLight(color) {
    const [a = 0, b = 0, c = 0] = (color.match(/[\d.]+/g) ?? []).map(Number);
    if (color.startsWith("ok")) return a > 0.65;
    if (color.startsWith("lab") || color.startsWith("lch")) return a > 60;
    const scale = color.startsWith("color") ? 1 : 255;
    return (0.299 * a + 0.587 * b + 0.114 * c) / scale > 0.55;
  }
})();
