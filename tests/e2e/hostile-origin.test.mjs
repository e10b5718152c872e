// A hostile page in a real browser: it may neither read anything of ours nor make us check a text.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import puppeteer from "puppeteer-core";
import { PYTHON } from "./server.mjs";
import { openSite } from "./site.mjs";

const ROOT = new URL("../../", import.meta.url);
const PAGE = "<!doctype html><title>News of the hour</title><body></body>";

/** The server with its witness: what was asked of it, and which texts it checked. */
async function startCountingServer() {
  const child = spawn(PYTHON, ["tests/e2e/counting_server.py"], { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const [first] = await once(lines, "line");
  /** @type {{method: string, path: string, status: number, site: string | null, dest: string | null}[]} */
  const asked = [];
  /** @type {string[]} */
  const checked = [];
  lines.on("line", (line) => {
    const said = JSON.parse(line);
    if ("checked" in said) checked.push(said.checked);
    else asked.push(said);
  });
  return {
    port: Number(first),
    asked,
    checked,
    heard: () => once(lines, "line"),
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/**
 * Check a text as a good program does; its turn comes after all that was sent before.
 *
 * @param {number} port
 * @param {string} text
 */
function checkAsProgram(port, text) {
  const headers = { "Content-Type": "application/json", "X-Spinmark": "1" };
  return new Promise((done, fail) => {
    const sent = request({ host: "127.0.0.1", port, method: "POST", path: "/v1/check", headers }, (response) => {
      response.resume();
      response.on("end", () => done(response.statusCode));
    });
    sent.on("error", fail);
    sent.end(JSON.stringify({ text }));
  });
}

/**
 * Run in the hostile page: try everything, and return what each attempt could read or saw succeed.
 *
 * @param {string} server
 */
async function attack(server) {
  const CHECK = JSON.stringify({ text: "A stolen text of some words." });
  const FORM = "language=en-US&text=A+stolen+text+of+some+words.";
  const READ = ["/", "/page.js", "/icon.svg", "/v1/health", "/v1/techniques", "/v2/languages", "/metrics", "/v1/openapi.json"];
  /** @type {[string, () => Promise<string | null>][]} */
  const attempts = [];
  /** @param {string} name @param {() => Promise<string | null>} run */
  const attempt = (name, run) => attempts.push([name, run]);

  /** Resolve with `what` when one of the events comes, with null when it fails. */
  const loaded = (/** @type {any} */ node, what = "loaded") => new Promise((done) => {
    node.onload = () => done(what);
    node.onerror = () => done(null);
  });
  const added = (/** @type {any} */ node) => {
    const outcome = loaded(node);
    document.body.append(node);
    return outcome;
  };
  /** @param {string} name @param {Record<string, string>} properties @returns {any} */
  const element = (name, properties) => Object.assign(document.createElement(name), properties);

  /** @type {RequestMode[]} */
  const modes = ["cors", "no-cors", "same-origin"];
  for (const mode of modes) {
    for (const path of READ) {
      attempt(`fetch ${mode} GET ${path}`, async () => {
        const response = await fetch(server + path, { mode, credentials: "include" });
        return response.type === "opaque" ? null : `${response.status} ${await response.text()}`;
      });
    }
    for (const path of ["/v1/check", "/v2/check"]) {
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/json"]) {
        for (const mark of [false, true]) {
          attempt(`fetch ${mode} POST ${path} as ${type}${mark ? " with the mark" : ""}`, async () => {
            const headers = { "Content-Type": type, ...(mark ? { "X-Spinmark": "1" } : {}) };
            const body = path === "/v2/check" ? FORM : CHECK;
            const response = await fetch(server + path, { method: "POST", mode, headers, body, credentials: "include" });
            return response.type === "opaque" ? null : `${response.status} ${await response.text()}`;
          });
        }
      }
    }
  }
  attempt("fetch with a loopback hint", async () => {
    const options = /** @type {RequestInit} */ ({ targetAddressSpace: "loopback" });
    return (await fetch(`${server}/v1/health`, options)).text();
  });
  attempt("fetch as keepalive", async () => {
    const response = await fetch(`${server}/v2/check`, { method: "POST", mode: "no-cors", keepalive: true, body: new URLSearchParams(FORM) });
    return response.type === "opaque" ? null : response.text();
  });
  attempt("XMLHttpRequest", () => new Promise((done) => {
    const sent = new XMLHttpRequest();
    sent.open("POST", `${server}/v2/check`);
    sent.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
    sent.onload = () => done(sent.responseText);
    sent.onerror = () => done(null);
    sent.send(FORM);
  }));
  for (const [path, body] of [["/v1/check", CHECK], ["/v2/check", FORM]]) {
    attempt(`beacon to ${path}`, async () => {
      navigator.sendBeacon(server + path, new Blob([body], { type: "application/x-www-form-urlencoded" }));
      return null;
    });
    for (const enctype of ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]) {
      attempt(`form to ${path} as ${enctype}`, async () => {
        const name = `frame${attempts.length}${Math.random()}`;
        const frame = element("iframe", { name });
        const empty = added(frame);
        await empty;
        const form = element("form", { action: server + path, method: "post", enctype, target: name });
        const given = path === "/v2/check" ? [...new URLSearchParams(FORM)] : [[`${CHECK.slice(0, -1)},"x":"`, '"}']];
        for (const [field, value] of given) form.append(element("input", { name: field, value }));
        document.body.append(form);
        const answered = loaded(frame);
        form.submit();
        await answered;
        return frame.contentDocument?.body.textContent || null;
      });
    }
  }
  attempt("form from a sandboxed frame, whose origin is null", async () => {
    const frame = element("iframe", { sandbox: "allow-scripts allow-forms" });
    frame.srcdoc = `<form id=f method=post action="${server}/v2/check"><input name=language value=en><input name=text value="A stolen text."></form><script>onmessage = () => f.submit()<${"/"}script>`;
    await added(frame);
    const answered = loaded(frame);
    frame.contentWindow?.postMessage("submit", "*");
    await answered;
    return frame.contentDocument?.body.textContent || null;
  });
  attempt("fetch from a worker", () => new Promise((done) => {
    const code = `fetch("${server}/v1/health").then((r) => r.text()).then(postMessage, () => postMessage(null))`;
    const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
    worker.onmessage = ({ data }) => done(data);
    worker.onerror = () => done(null);
  }));
  for (const path of ["/icon.svg", "/v1/check", "/v2/check?language=en&text=A+stolen+text"]) {
    attempt(`image of ${path}`, () => added(element("img", { src: server + path })));
    attempt(`script of ${path}`, () => added(element("script", { src: server + path })));
    attempt(`module of ${path}`, () => import(server + path).then(() => "imported"));
    attempt(`stylesheet of ${path}`, () => added(element("link", { rel: "stylesheet", href: server + path })));
    attempt(`audio of ${path}`, () => new Promise((done) => {
      const audio = new Audio(server + path);
      audio.oncanplay = () => done("played");
      audio.onerror = () => done(null);
    }));
    attempt(`frame of ${path}`, async () => {
      const frame = element("iframe", { src: server + path });
      await added(frame);
      return frame.contentDocument?.body.textContent || null;
    });
    attempt(`object of ${path}`, () => added(element("object", { data: server + path })));
    attempt(`EventSource of ${path}`, () => new Promise((done) => {
      const source = new EventSource(server + path);
      source.onopen = () => done("opened");
      source.onmessage = ({ data }) => done(data);
      source.onerror = () => { if (source.readyState === EventSource.CLOSED) done(null); else { source.close(); done(null); } };
    }));
    attempt(`WebSocket to ${path}`, () => new Promise((done) => {
      const socket = new WebSocket(server.replace("http:", "ws:") + path);
      socket.onopen = () => done("opened");
      socket.onmessage = ({ data }) => done(data);
      socket.onclose = () => done(null);
    }));
  }
  attempt("page in a frame", async () => {
    const frame = element("iframe", { src: `${server}/` });
    await added(frame);
    return frame.contentDocument?.body.textContent || null;
  });

  /** @type {Record<string, string | null>} */
  const saw = {};
  for (const [name, run] of attempts) {
    try {
      saw[name] = await run();
    } catch {
      saw[name] = null;
    }
  }
  return saw;
}

describe("a hostile page", { timeout: 300_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startCountingServer>>} */
  let server;
  /** @type {Awaited<ReturnType<typeof openSite>>} */
  let site;
  /** @type {import("puppeteer-core").Browser} */
  let browser;
  let settlings = 0;

  before(async () => {
    server = await startCountingServer();
    site = await openSite({ "hostile.html": PAGE });
    browser = await puppeteer.launch({
      executablePath: execFileSync("which", ["chromium"], { encoding: "utf8" }).trim(),
      args: ["--no-sandbox", "--disable-background-networking", "--host-resolver-rules=MAP *.test 127.0.0.1"],
    });
  });

  after(async () => {
    await browser?.close();
    site?.close();
    await server?.stop();
  });

  /** Make sure that all that was sent has arrived, and return what the server saw since the last call. */
  async function settled() {
    settlings += 1; // a text that was checked before would not be checked again
    const text = `A text of a good program, number ${settlings}.`;
    assert.equal(await checkAsProgram(server.port, text), 200);
    while (!server.checked.includes(text)) await server.heard();
    return { asked: server.asked.splice(0), checked: server.checked.splice(0).filter((other) => other !== text) };
  }

  const hosts = ["another name", "another port of this machine"];
  for (const host of hosts) {
    test(`under ${host} reads nothing and has nothing checked`, async () => {
      const page = await browser.newPage();
      const name = site.url("hostile.html");
      await page.goto(host === hosts[0] ? name : name.replace("news.test", "127.0.0.1"));
      const saw = await page.evaluate(attack, `http://127.0.0.1:${server.port}`);
      const { asked, checked } = await settled();
      assert.deepEqual(Object.entries(saw).filter(([, what]) => what !== null), []);
      assert.ok(Object.keys(saw).length > 90, "the attempts were made");
      assert.deepEqual(checked, []);
      assert.deepEqual(asked.filter(({ status, site }) => status !== 403 && site !== null), []);
      for (const path of ["/v1/check", "/v2/check"]) {
        for (const method of ["POST", "OPTIONS"]) {
          assert.ok(asked.some((one) => one.method === method && one.path === path), `${method} ${path} arrived`);
        }
      }
      await page.close();
    });
  }

  test("under a name rebound to this machine is not answered", async () => {
    const page = await browser.newPage();
    const response = await page.goto(`http://rebound.test:${server.port}/`);
    assert.equal(response?.status(), 403);
    const read = await page.evaluate(async () => {
      const headers = { "Content-Type": "application/json", "X-Spinmark": "1" };
      const body = JSON.stringify({ text: "A stolen text." });
      const answers = await Promise.all([
        fetch("/v1/health"),
        fetch("/v1/check", { method: "POST", headers, body }),
        fetch("/v2/check", { method: "POST", body: new URLSearchParams("language=en&text=stolen") }),
      ]);
      return answers.map(({ status }) => status);
    });
    assert.deepEqual(read, [403, 403, 403]);
    assert.deepEqual((await settled()).checked, []);
    await page.close();
  });

  test("can open our page by a link and then has no hold on it", async () => {
    const page = await browser.newPage();
    await page.goto(site.url("hostile.html"));
    const opened = new Promise((done) => page.once("popup", done));
    await page.evaluate((address) => {
      /** @type {any} */ (globalThis).held = window.open(address);
    }, `http://127.0.0.1:${server.port}/`);
    const popup = /** @type {import("puppeteer-core").Page} */ (await opened);
    await popup.waitForSelector("#text");
    assert.equal(await popup.evaluate(() => window.opener), null);
    assert.equal(await page.evaluate(() => /** @type {any} */ (globalThis).held.closed), true);
    await popup.close();
    await page.close();
    assert.deepEqual((await settled()).checked, []);
  });

  test("is told from the server's own page, which may check", async () => {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.port}/`);
    const status = await page.evaluate(async () => {
      const headers = { "Content-Type": "application/json", "X-Spinmark": "1" };
      const response = await fetch("/v1/check", { method: "POST", headers, body: '{"text": "A text of our own page."}' });
      return response.status;
    });
    assert.equal(status, 200);
    assert.deepEqual((await settled()).checked, ["A text of our own page."]);
    await page.close();
  });
});
