// A page that lets us in, one that is closed to extensions, and one that was on the move.

/** The frame of a tab's page itself. */
const PAGE = 0;

/**
 * Return the frames that `put` reaches, or why it reaches none. A page that is being left or loaded loses a frame,
 * or the grant, in between; it gets a second try.
 *
 * @param {() => Promise<number[]>} put
 * @param {() => Promise<boolean>} isGranted whether the reader's gesture still holds for the page
 * @returns {Promise<number[] | PageFailure>}
 */
export async function reach(put, isGranted) {
  for (let left = 1; ; left -= 1) {
    try {
      return await put();
    } catch (error) {
      const words = /** @type {Error} */ (error).message;
      if (isClosed(words) || (isRefusal(words) && (await isGranted()))) return { kind: "restricted", detail: words };
      if (left === 0) return { kind: "unsettled" };
    }
  }
}

/**
 * Put something into frames and return those that were lost meanwhile. The frame of Chromium's document viewer is an
 * empty one of the page at first and the viewer's own a moment later, and one such frame fails all of them at once.
 *
 * @param {number[]} frameIds
 * @param {(frameIds: number[]) => Promise<void>} put
 * @returns {Promise<number[]>}
 * @throws what `put` says of the page's own frame
 */
export async function lostAmong(frameIds, put) {
  if (frameIds.length === 0) return [];
  try {
    await put(frameIds);
    return [];
  } catch {
    const lost = [];
    for (const frameId of frameIds) {
      try {
        await put([frameId]);
      } catch (error) {
        if (frameId === PAGE) throw error;
        lost.push(frameId);
      }
    }
    return lost;
  }
}

/**
 * Say whether a browser keeps extensions out of a page whatever a reader does: its own pages, its shop, its error
 * pages. Browsers tell that by words alone.
 *
 * @param {string} words
 */
function isClosed(words) {
  return /cannot access an? |cannot be scripted|showing error page/i.test(words);
}

/**
 * Say whether a browser keeps us out of a page, be it for good (Firefox's document viewer, a file, a blank page) or
 * because the gesture was for another one.
 *
 * @param {string} words
 */
function isRefusal(words) {
  return /cannot access|missing host permission|not allowed/i.test(words);
}
