// Forms in which a finding leaves the panel for other programs.

/**
 * Return a flag as a W3C Web Annotation, which finds its passage by its words.
 *
 * @param {Row} row
 * @param {{url: string, model: Model, id: string, time: Date}} about
 */
export function annotationOf({ flag, prefix, suffix }, { url, model, id, time }) {
  const { technique, confidence, attribution, contested } = flag;
  return {
    "@context": ["http://www.w3.org/ns/anno.jsonld", { spinmark: "urn:spinmark:" }],
    id: `urn:uuid:${id}`,
    type: "Annotation",
    motivation: "classifying",
    created: time.toISOString(),
    generator: { type: "Software", name: `${model.name} ${model.version}` },
    body: { type: "TextualBody", purpose: "tagging", format: "text/plain", value: technique },
    target: { source: url, selector: { type: "TextQuoteSelector", exact: flag.text, prefix, suffix } },
    "spinmark:confidence": confidence,
    "spinmark:voice": attribution.voice,
    "spinmark:speaker": attribution.speaker,
    "spinmark:contested": contested,
  };
}

/**
 * Return the report of a result as the server gave it.
 *
 * @param {View & {kind: "result"}} result
 */
export function reportOf({ model, language, status, length, rows, summary }) {
  const flags = rows.map((row) => row.flag);
  return { schema: "spinmark.report/1", id: null, model, language, status, text_length: length, flags, summary };
}
