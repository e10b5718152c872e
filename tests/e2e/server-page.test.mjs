// The server's own page, as a reader uses it: paste, check, read the list.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";
import { faultsOf } from "./reader.mjs";
import { freePort, startServer } from "./server.mjs";

const OUTPUT = fileURLToPath(new URL("./output/", import.meta.url));
const JUSTIFICATION = "our response was inevitable";
const TEXT = `Readers sent pictures 😀📷 of the harbour.

General Marek Orlan said on Monday: “They attacked our convoy first, and that left us no choice: ${JUSTIFICATION}, and they brought it on themselves.”

The market opens again on Thursday. Buses on line 4 stop at the station instead of the harbour.`;

describe("the server's page", { timeout: 120_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {import("puppeteer-core").Browser} */
  let browser;
  /** @type {import("puppeteer-core").Page} */
  let page;

  before(async () => {
    mkdirSync(OUTPUT, { recursive: true });
    server = await startServer(await freePort());
    browser = await puppeteer.launch({
      executablePath: execFileSync("which", ["chromium"], { encoding: "utf8" }).trim(),
      args: ["--no-sandbox", "--disable-background-networking", "--window-size=1280,1000"],
      defaultViewport: { width: 1280, height: 1000 },
    });
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.port}/`);
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** @param {string} text */
  async function check(text) {
    await page.evaluate((text) => {
      const field = /** @type {HTMLTextAreaElement} */ (document.getElementById("text"));
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }, text);
    await page.click("#check");
    await page.waitForSelector("#result:not([hidden])");
  }

  test("marks the passages in the text and lists them with whose words they are first", async () => {
    await check(TEXT);
    const listed = await page.$$eval("#flags > li", (items) =>
      items.map((item) => ({
        first: item.querySelector(".who")?.textContent ?? "",
        quote: item.querySelector("blockquote")?.textContent ?? "",
        technique: item.querySelector(".technique")?.textContent ?? "",
      })),
    );
    const justification = listed.find((flag) => flag.technique.includes("justification by provocation"));
    assert.ok(justification, JSON.stringify(listed));
    assert.ok(TEXT.includes(justification.quote));
    assert.match(justification.first, /Orlan/);
    assert.match(justification.technique, /^resembles .*\(0?\.\d+\)|^Resembles/i);
    const marked = await page.$$eval("#marked mark", (marks) => marks.map((mark) => mark.textContent).join(""));
    assert.ok(marked.includes("inevitable"), marked);
    assert.ok(!marked.includes("Buses on line 4"), marked);
    await page.screenshot({ path: `${OUTPUT}server-page.png` });
  });

  test("has no accessibility fault that axe knows of", async () => {
    assert.deepEqual(await faultsOf(page), []);
  });

  test("says that nothing found is no clean bill", async () => {
    await page.click("#edit");
    await check("The roses were pruned in March. The shears had been sharpened the day before.");
    assert.equal((await page.$$("#flags > li")).length, 0);
    const outcome = await page.$eval(".outcome", (node) => node.textContent ?? "");
    assert.match(outcome, /nothing found/i);
    assert.match(outcome, /clean bill|does not mean|cannot see|miss/i);
  });
});
