// A small web site for the browser to visit.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const PAGES = new URL("./pages/", import.meta.url);

const HEAD = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Made</title>';
export const EXCUSE = "They attacked our convoy first, and that left us no choice: our response was inevitable.";

/**
 * Return a page.
 *
 * @param {string} body
 */
export const pageOf = (body) => HEAD + body;

/** The same passage as a document of one line, without the table that tells where its parts begin: readers do without. */
export const EXCUSE_PDF = `%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 612 200] /Contents 4 0 R /Resources <</Font <</F 5 0 R>>>>>> endobj
4 0 obj <</Length ${EXCUSE.length + 38}>> stream
BT /F 12 Tf 30 100 Td (${EXCUSE}) Tj ET
endstream endobj
5 0 obj <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>> endobj
trailer <</Root 1 0 R>>
`;

/** Pages with the same passage in a frame, among other scripts, and where a reader can edit it. */
export const EXCUSE_PAGES = {
  "inner.html": pageOf(`<p id="inner">${EXCUSE}</p>`),
  "mixed.html": pageOf(
    `<p id="mixed" dir="rtl">שלום 😀👩‍👩‍👧 עולם. <span dir="ltr">${EXCUSE}</span> 🎉 سلام</p>` +
      `<div id="editable" contenteditable="true">${EXCUSE}</div>` +
      `<p id="tags">Th<b>ey att</b>acked our <a href="#x">convoy <i>first</i></a>, and that <em>left us no choice</em>: our resp<u>onse was</u> inevitable.</p>`,
  ),
};

/**
 * Serve the folder `pages` and whatever is in `made`, path by path.
 *
 * @param {Record<string, string>} [made]
 */
export async function openSite(made = {}) {
  const server = createServer(async (request, response) => {
    const name = new URL(request.url ?? "/", "http://site").pathname.slice(1);
    try {
      const body = made[name] ?? (await readFile(new URL(name, PAGES)));
      const type = name.endsWith(".pdf") ? "application/pdf" : "text/html; charset=utf-8";
      response.writeHead(200, { "Content-Type": type }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    /**
     * @param {string} page
     * @param {string} [host] another site, or this machine, which the extension may reach at any time
     */
    url: (page, host = "news.test") => `http://${host}:${port}/${page}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
