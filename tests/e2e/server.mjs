// The real server, as a reader starts it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

export const PYTHON = process.env.SPINMARK_PYTHON ?? ".venv/bin/python";
const ROOT = new URL("../../", import.meta.url);

/** Return a port on which nothing listens. */
export async function freePort() {
  const probe = createServer();
  await new Promise((done) => probe.listen(0, "127.0.0.1", () => done(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (probe.address());
  await new Promise((done) => probe.close(done));
  return port;
}

/**
 * Start `spinmark serve` and return once it says that it listens.
 *
 * @param {number} port
 * @param {string[]} options
 */
export async function startServer(port, ...options) {
  const child = spawn(PYTHON, ["-m", "spinmark", "serve", "--port", String(port), ...options], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "pipe"],
  });
  /** @type {string[]} */
  const said = [];
  const listens = new Promise((done, fail) => {
    child.on("error", fail);
    child.on("exit", (code) => fail(new Error(`the server ended with ${code}: ${said.join("\n")}`)));
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      if (line === `Spinmark listens on http://127.0.0.1:${port}`) done(undefined);
    });
  });
  await listens;
  return {
    port,
    async stop() {
      child.removeAllListeners("exit");
      if (child.exitCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}
