// Draws icon-*.png from icon.svg: node extension/icons/render.mjs
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import puppeteer from "puppeteer-core";

const here = new URL("./", import.meta.url);
const svg = readFileSync(new URL("icon.svg", here)).toString("base64");
const executablePath = execFileSync("which", ["chromium"], { encoding: "utf8" }).trim();
const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox"] });
const page = await browser.newPage();
for (const size of [16, 32, 48, 128]) {
  await page.setViewport({ width: size, height: size });
  await page.setContent(
    `<style>body{margin:0}img{display:block}</style><img src="data:image/svg+xml;base64,${svg}" width="${size}">`,
  );
  await page.screenshot({ path: new URL(`icon-${size}.png`, here).pathname, omitBackground: true });
}
await browser.close();
