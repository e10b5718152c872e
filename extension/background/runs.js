// The checks that are under way, one a tab: one that nobody waits for any more stops, at the server as well.

export function createRuns() {
  /** @type {Map<number, {run: string, controller: AbortController}>} */
  const underWay = new Map();

  return {
    /**
     * Begin a check, which ends the one before it in the same tab.
     *
     * @param {number} tabId
     * @param {string} run
     * @returns {AbortSignal} aborted when it is ended
     */
    begin(tabId, run) {
      underWay.get(tabId)?.controller.abort();
      const controller = new AbortController();
      underWay.set(tabId, { run, controller });
      return controller.signal;
    },

    /**
     * End a check, unless another has taken its place.
     *
     * @param {number} tabId
     * @param {string} run
     */
    end(tabId, run) {
      const current = underWay.get(tabId);
      if (current?.run !== run) return;
      current.controller.abort();
      underWay.delete(tabId);
    },
  };
}
