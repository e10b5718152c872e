// Why a page cannot be read, told from one that was on the move.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { reach, lostAmong } from "../../extension/background/reach.js";

/** @param {(Error | number[])[]} outcomes one after the other */
function attempts(...outcomes) {
  let made = 0;
  const put = async () => {
    const outcome = outcomes[made++] ?? [];
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  return { put, made: () => made };
}

const granted = async () => true;
const notGranted = async () => false;

describe("a page", () => {
  for (const words of ["Cannot access a chrome:// URL", "The extensions gallery cannot be scripted.", "Frame with ID 0 is showing error page"]) {
    test(`that answers "${words}" is closed to extensions, and is not tried again`, async () => {
      const { put, made } = attempts(new Error(words));
      assert.deepEqual(await reach(put, notGranted), { kind: "restricted", detail: words });
      assert.equal(made(), 1);
    });
  }

  for (const words of ["Cannot access contents of the page. Extension manifest must request permission.", "Missing host permission for the tab"]) {
    test(`that answers "${words}" though the gesture was for it is closed`, async () => {
      assert.deepEqual(await reach(attempts(new Error(words)).put, granted), { kind: "restricted", detail: words });
    });

    test(`that answers "${words}" because the gesture was for another was on the move`, async () => {
      const { put, made } = attempts(new Error(words), new Error(words));
      assert.deepEqual(await reach(put, notGranted), { kind: "unsettled" });
      assert.equal(made(), 2);
      assert.deepEqual(await reach(attempts(new Error(words), [0]).put, notGranted), [0]);
    });
  }

  test("that loses a frame while it loads is tried once more", async () => {
    const lost = new Error("Frame with ID 0 was removed.");
    assert.deepEqual(await reach(attempts(lost, [0, 3]).put, granted), [0, 3]);
    const lasting = attempts(lost, lost, [0]);
    assert.deepEqual(await reach(lasting.put, granted), { kind: "unsettled" });
    assert.equal(lasting.made(), 2);
  });
});

describe("frames", () => {
  /** @param {Record<number, string>} closed what frames that are closed answer */
  function frames(closed) {
    /** @type {number[]} */
    const reached = [];
    /** @param {number[]} frameIds */
    const put = async (frameIds) => {
      for (const id of frameIds) if (closed[id]) throw new Error(closed[id]);
      reached.push(...frameIds);
    };
    return { put, reached };
  }

  test("that are all there are reached at once", async () => {
    const { put, reached } = frames({});
    assert.deepEqual(await lostAmong([0, 4, 7], put), []);
    assert.deepEqual(reached, [0, 4, 7]);
  });

  test("do without one that has become another's page, as the document viewer's does", async () => {
    const { put, reached } = frames({ 4: "Cannot access a chrome-extension:// URL of different extension" });
    assert.deepEqual(await lostAmong([0, 4, 7], put), [4]);
    assert.deepEqual(reached, [0, 7]);
  });

  test("are not to be had where the page itself is not", async () => {
    const { put } = frames({ 0: "Frame with ID 0 was removed." });
    await assert.rejects(lostAmong([0, 4], put), /was removed/);
  });

  test("that are none need nothing", async () => {
    assert.deepEqual(await lostAmong([], async () => assert.fail("nothing to put in")), []);
  });
});
