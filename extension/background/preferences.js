// The only writer of filter, dismissals and judgements, so that two changes at once do not undo each other.
import { DISMISSALS_KEY, isSame, readDismissals } from "../shared/dismissals.js";
import { FILTER_KEY, readFilter } from "../shared/filter.js";
import { isSameJudgement, JUDGEMENTS_KEY, readJudgements } from "../shared/judgements.js";
import { shownOf, siteOf } from "../shared/shown.js";

/**
 * @param {{
 *   local: Pick<chrome.storage.StorageArea, "get" | "set">,
 *   session: Pick<chrome.storage.StorageArea, "get" | "set">,
 * }} storage
 */
export function createPreferences({ local, session }) {
  /** @type {Promise<void>} */
  let written = Promise.resolve();

  /** @param {(dismissals: Dismissal[]) => Dismissal[]} change */
  const changeDismissals = (change) =>
    inTurn(async () => local.set({ [DISMISSALS_KEY]: change(await readDismissals(local)) }));

  /** @param {(judgements: Judgement[]) => Judgement[]} change */
  const changeJudgements = (change) =>
    inTurn(async () => local.set({ [JUDGEMENTS_KEY]: change(await readJudgements(local)) }));

  /** @param {() => Promise<void>} write */
  function inTurn(write) {
    const done = written.then(write);
    written = done.catch(() => {}); // told to whoever asked for it; the next change does not depend on it
    return done;
  }

  return {
    /** @param {Dismissal} dismissal */
    dismiss: (dismissal) =>
      changeDismissals((dismissals) => [...dismissals.filter((other) => !isSame(other, dismissal)), dismissal]),

    /** @param {Dismissal} dismissal */
    restore: (dismissal) => changeDismissals((dismissals) => dismissals.filter((other) => !isSame(other, dismissal))),

    /** @param {Judgement} judgement */
    judge: (judgement) =>
      changeJudgements((judgements) => [...judgements.filter((other) => !isSameJudgement(other, judgement)), judgement]),

    /** @param {Judgement} judgement */
    unjudge: (judgement) =>
      changeJudgements((judgements) => judgements.filter((other) => !isSameJudgement(other, judgement))),

    forgetJudgements: () => changeJudgements(() => []),

    /** @param {Filter} filter */
    filter: (filter) => session.set({ [FILTER_KEY]: filter }),

    /**
     * Say which of a text's flags are to be seen.
     *
     * @param {Flag[]} flags
     * @param {Source} source
     */
    async shownOf(flags, source) {
      const [dismissals, filter] = await Promise.all([readDismissals(local), readFilter(session)]);
      return shownOf(flags, siteOf(source), dismissals, filter);
    },
  };
}
