// A small web site for the browser to visit.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const PAGES = new URL("./pages/", import.meta.url);

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
      response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    /** @param {string} page */
    url: (page) => `http://news.test:${port}/${page}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
