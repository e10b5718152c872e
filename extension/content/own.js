// What a node says of itself, whatever its page calls its fields and pictures.
(() => {
  const spinmark = (globalThis.spinmark ??= {});
  if (spinmark.own) return;

  /**
   * Return a node to ask for its properties. A form gives its fields, and a document its images, under their names
   * even where a property has the same one; by way of the prototype both answer for themselves.
   *
   * What is returned is to be asked alone: the browser does not take it for the node.
   *
   * @template {Node | null} N
   * @param {N} node
   * @returns {N}
   */
  spinmark.own = (node) => (node instanceof HTMLFormElement || node instanceof Document ? asked(node) : node);

  /**
   * @template {Node} N
   * @param {N} node
   */
  function asked(node) {
    return new Proxy(node, {
      get(_, name) {
        const value = Reflect.get(Object.getPrototypeOf(node), name, node);
        return typeof value === "function" ? value.bind(node) : value;
      },
    });
  }
})();
