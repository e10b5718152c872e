// A reader's least confidence, which comes on top of the threshold that each technique has in the model.

/**
 * Say whether a flag is to be told. The server would take a least confidence in place of its own thresholds, and
 * then a higher wish could list more than none at all.
 *
 * @param {Flag} flag
 * @param {number} least
 */
export const reaches = ({ confidence }, least) => confidence >= least;

/**
 * Return a report without the flags that do not reach a confidence, as if the server had not found them.
 *
 * @param {Report} report
 * @param {number} least
 * @returns {Report}
 */
export function atLeast(report, least) {
  const flags = report.flags.filter((flag) => reaches(flag, least));
  return flags.length === report.flags.length ? report : { ...report, flags, summary: summaryOf(flags, report) };
}

/**
 * @param {Flag[]} flags in reading order
 * @param {Report} report
 * @returns {Report["summary"]}
 */
function summaryOf(flags, { summary, text_length }) {
  /** @param {string} id */
  const ofTechnique = (id) => flags.filter((flag) => flag.technique === id).length;
  /** @param {Voice} voice */
  const ofVoice = (voice) => flags.filter((flag) => flag.attribution.voice === voice).length;
  const techniques = Object.keys(summary.by_technique).map((id) => /** @type {const} */ ([id, ofTechnique(id)]));
  let covered = 0;
  let reached = 0;
  for (const { start, end } of flags) {
    covered += Math.max(0, end - Math.max(reached, start));
    reached = Math.max(reached, end);
  }
  return {
    flags: flags.length,
    by_technique: Object.fromEntries(techniques.filter(([, count]) => count > 0)),
    by_voice: { author: ofVoice("author"), quoted: ofVoice("quoted"), reported: ofVoice("reported") },
    flagged_fraction: Math.round((covered / text_length) * 10_000) / 10_000,
  };
}
