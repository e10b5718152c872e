// A page's report as a file that stands alone.

const STYLE = `
:root { color-scheme: light dark; }
body { max-width: 42rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; }
article { border-top: 1px solid; margin-top: 1.5rem; padding-top: 1rem; }
blockquote { margin: .5rem 0; border-inline-start: 3px solid; padding-inline-start: 1rem; font-family: Georgia, serif; white-space: pre-line; }
dt { margin-top: .5rem; font-weight: 600; }
dd { margin: 0; }
.quiet { opacity: .8; font-size: .9rem; overflow-wrap: anywhere; }
`;

/**
 * @typedef {{voice: string, quote: string, likeness: string, about: {heading: string, text: string}[]}} ReportRow
 * @typedef {{language: string, title: string, address: string, facts: string, notes: string[], rows: ReportRow[]}} ReportWords
 */

/**
 * Return a report as an HTML document without scripts and addresses of others; words become text nodes, and the
 * browser writes them down as markup.
 *
 * @param {Document} maker
 * @param {ReportWords} words
 */
export function reportPage(maker, { language, title, address, facts, notes, rows }) {
  const page = maker.implementation.createHTMLDocument(title);
  page.documentElement.lang = language;
  /**
   * @param {string} name
   * @param {string} text
   * @param {string} [kind]
   */
  const element = (name, text, kind) => {
    const made = page.createElement(name);
    made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };
  const charset = page.createElement("meta");
  charset.setAttribute("charset", "utf-8");
  page.head.prepend(charset);
  page.head.append(element("style", STYLE));
  const main = page.createElement("main");
  main.append(element("h1", title), element("p", address, "quiet"), element("p", facts, "quiet"));
  for (const { voice, quote, likeness, about } of rows) {
    const article = page.createElement("article");
    const list = page.createElement("dl");
    for (const { heading, text } of about) list.append(element("dt", heading), element("dd", text));
    article.append(element("p", voice), element("blockquote", quote), element("p", likeness), list);
    main.append(article);
  }
  main.append(...notes.map((note) => element("p", note, "quiet")));
  page.body.append(main);
  const view = /** @type {Window & typeof globalThis} */ (maker.defaultView);
  return `<!doctype html>\n${new view.XMLSerializer().serializeToString(page.documentElement)}\n`;
}

/**
 * Hand a file to the reader.
 *
 * @param {string} name
 * @param {string} type
 * @param {string} text
 */
export function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  // The browser has taken hold of the file once the click is handled.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
