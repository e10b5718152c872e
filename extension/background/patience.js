// How long an answer may keep silent.

/**
 * Return a signal that aborts with a TimeoutError after a silence, or as soon as `signal` does.
 *
 * @param {number} silenceMs
 * @param {AbortSignal} [signal]
 */
export function listenWithin(silenceMs, signal) {
  const silent = new AbortController();
  const give = () => silent.abort(new DOMException("", "TimeoutError"));
  let timer = setTimeout(give, silenceMs);
  return {
    signal: signal ? AbortSignal.any([silent.signal, signal]) : silent.signal,
    /** Something was heard: the silence begins anew. */
    heard() {
      clearTimeout(timer);
      timer = setTimeout(give, silenceMs);
    },
    end: () => clearTimeout(timer),
  };
}
