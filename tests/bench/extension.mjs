// Time a reader's gesture to the painted marks, and what a long page feels of it: node tests/bench/extension.mjs [RUNS]
//
// The bare HTTP check of an equally long text runs in turn with the gesture, so that what slows the machine slows
// both; the ratio of the two is the figure to compare.
import { painted, readPanel, select } from "../e2e/reader.mjs";
import { openSetting } from "../e2e/setting.mjs";
import { pageOf } from "../e2e/site.mjs";

const RUNS = Number(process.argv[2] ?? 30);
const WARM_UP = 3;
const LONG_WORDS = 5000;

/** Sixty words with the edition's number, by which no answer comes from the server's memory. */
const selection = (/** @type {number} */ edition) =>
  `Edition ${edition}. General Orlan said on Monday: “They attacked our convoy first, and that left us no choice: our ` +
  "response was inevitable, and they brought it on themselves.” Observers at the border recorded no attack on any " +
  "convoy that week. Only spineless traitors can weep over a burnt fish market. It is now or never: drive out all these vermin!";

const QUIET =
  "The regional council met on Tuesday evening. On the agenda were the repair of the bridge over the river and the bus timetable for the winter.";

/** A story of so many words, one paragraph in four with something in it. */
function story() {
  const paragraphs = [];
  for (let words = 0; words < LONG_WORDS; ) {
    const text = paragraphs.length % 4 === 0 ? selection(paragraphs.length) : QUIET;
    paragraphs.push(`<p>${text}</p>`);
    words += text.split(" ").length;
  }
  return pageOf(`<article><h1>A long story</h1>${paragraphs.join("")}</article>`);
}

/** @param {number[]} times */
function figures(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return { median: at(0.5), p90: at(0.9) };
}

/** The time that pages and this program have in common. */
const now = () => performance.timeOrigin + performance.now();

const { browser: chromium, server, site, page, ...setting } = await openSetting({
  "short.html": pageOf('<p id="text"></p>'),
  "long.html": story(),
});

/** @param {string} text */
async function bareCheck(text) {
  const began = now();
  const response = await fetch(`http://127.0.0.1:${server.port}/v1/check`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Spinmark": "1" },
    body: JSON.stringify({ text }),
  });
  const { flags } = await response.json();
  if (flags.length === 0) throw new Error("the text has nothing to paint");
  return now() - began;
}

/** @param {string} text */
async function gesture(text) {
  await page.$eval("#text", (element, text) => void (element.textContent = text), text);
  await select(page, "#text");
  const seen = page.evaluate(
    () =>
      new Promise((done) => {
        // The frame after the one in which the marks are there has them on the screen.
        const later = () => done(performance.timeOrigin + performance.now());
        (function look() {
          requestAnimationFrame(CSS.highlights.size ? later : look);
        })();
      }),
  );
  const began = now();
  await chromium.pressCommand(page);
  const took = /** @type {number} */ (await seen) - began;
  await readPanel(await chromium.panel(), "result");
  await page.bringToFront();
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => CSS.highlights.size === 0);
  return took;
}

try {
  await setting.reset();
  await page.goto(site.url("short.html"));
  /** @type {{bare: number[], whole: number[]}} */
  const times = { bare: [], whole: [] };
  for (let run = 0; run < WARM_UP + RUNS; run += 1) {
    const bare = await bareCheck(selection(2 * run));
    const whole = await gesture(selection(2 * run + 1));
    if (run < WARM_UP) continue;
    times.bare.push(bare);
    times.whole.push(whole);
  }
  const bare = figures(times.bare);
  const whole = figures(times.whole);
  const row = (/** @type {string} */ name, /** @type {typeof bare} */ { median, p90 }, /** @type {string} */ ratio) =>
    console.log(`  ${name.padEnd(44)} median ${median.toFixed(0).padStart(6)} ms   p90 ${p90.toFixed(0).padStart(6)} ms   ${ratio}`);
  console.log(`${selection(1).split(" ").length} words, ${RUNS} runs`);
  row("the bare check over HTTP", bare, "");
  row("from the keys to the painted marks", whole, `${(whole.median / bare.median).toFixed(2)} x`);

  await page.goto(site.url("long.html"));
  await page.evaluate(() => {
    const tasks = /** @type {number[]} */ ((/** @type {any} */ (window).longTasks = []));
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });
  });
  const began = now();
  await chromium.pressCommand(page, "E");
  const panel = await chromium.panel();
  await panel.waitForSelector('body[data-state="result"]', { timeout: 300_000 });
  const took = now() - began;
  const tasks = /** @type {number[]} */ (await page.evaluate(() => /** @type {any} */ (window).longTasks));
  console.log(`${LONG_WORDS} words: ${(await painted(page)).length} marks after ${took.toFixed(0)} ms`);
  console.log(`  tasks over 50 ms in the page: ${tasks.length ? tasks.map((ms) => `${ms.toFixed(0)} ms`).join(", ") : "none"}`);
} finally {
  await setting.close();
}
