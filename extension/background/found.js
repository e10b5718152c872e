// Passages that arrive one by one, handed on as fast as they are taken.

/**
 * Hand on what is added, in order and one batch after the other: what comes while a batch is being placed makes up
 * the next one.
 *
 * @template T, P
 * @param {(batch: T[], from: number) => Promise<P[]>} place returns the place of each of a batch, which begins at `from`
 */
export function placeInTurn(place) {
  /** @type {T[]} */
  const all = [];
  /** @type {P[]} */
  const places = [];
  /** @type {Promise<void> | null} */
  let turn = null;

  async function work() {
    while (places.length < all.length) {
      const batch = all.slice(places.length);
      places.push(...(await place(batch, places.length)));
    }
  }

  return {
    /** @param {T[]} more */
    add(...more) {
      all.push(...more);
      turn ??= work().finally(() => (turn = null));
      turn.catch(() => {}); // told to whoever waits for the places
    },

    /** Return the places of all that was added. */
    async places() {
      await turn;
      return places;
    },
  };
}
