// A reader's ways through the extension, the same in both browsers, with the real server.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { openChromium } from "./chromium.mjs";
import { openFirefox } from "./firefox.mjs";
import { asRead, lettersListed, lettersPainted, listedIn, painted, select, selectInFrame, waitUntilPainted } from "./reader.mjs";
import { freePort, startServer } from "./server.mjs";
import { openSetting } from "./setting.mjs";
import { EXCUSE_PAGES, pageOf } from "./site.mjs";

const JUSTIFICATION = "our response was inevitable";

for (const open of [openChromium, openFirefox]) {
  describe(open === openChromium ? "in Chromium" : "in Firefox", { timeout: 900_000 }, () => {
    /** @type {Awaited<ReturnType<typeof openSetting>>} */
    let setting;
    /** @type {(typeof setting)["browser"]} */
    let browser;
    /** @type {(typeof setting)["site"]} */
    let site;
    /** @type {(typeof setting)["page"]} */
    let page;

    before(async () => {
      setting = await openSetting({ ...EXCUSE_PAGES }, open);
      ({ browser, site, page } = setting);
    });

    after(() => setting?.close());
    beforeEach(() => setting.reset());
    afterEach(() => browser.closePanel());

    /** @param {object} settings */
    const set = (settings) => browser.inExtension((settings) => chrome.storage.local.set(settings), settings);

    /** @param {string} [state] @param {string} [letter] */
    async function command(state, letter) {
      await browser.pressCommand(page, letter);
      return listedIn(browser, state);
    }

    /** @param {string} selector @param {string} [state] */
    async function check(selector, state) {
      await select(page, selector);
      return command(state);
    }

    /** What must not change by a check, whatever is painted. */
    const state = () => page.evaluate(() => [document.documentElement.outerHTML, scrollX, scrollY]);

    /** @param {string} selector of what is clicked in the panel */
    const click = (selector) =>
      browser.inPanel(selector, (document, selector) => /** @type {HTMLElement} */ (document.querySelector(selector)).click(), selector);

    const nothingIsPainted = () => page.waitForFunction(() => CSS.highlights.size === 0);

    test("what the panel lists is painted, and nothing else in the page changes", async () => {
      const before = await state();
      const { status, rows } = await check("#article");
      assert.ok(rows.length >= 2, "the page has passages that no model should miss");
      assert.equal(status, `${rows.length} passages resemble a technique`);
      assert.deepEqual(rows.map(({ placed }) => placed), rows.map(() => "page"));
      assert.deepEqual(lettersPainted(await painted(page)), lettersListed(rows));
      assert.deepEqual(await state(), before);
      await page.screenshot({ path: browser.output(`${browser.name.toLowerCase()}-page.png`) });
    });

    test("the popup's button checks the selection", async () => {
      await select(page, "#article");
      await browser.clickAction(page);
      await browser.inPopup('#server[data-state="up"]', (document) => void document.getElementById("check")?.click());
      const { rows } = await listedIn(browser);
      assert.ok(rows.length >= 2);
      assert.deepEqual(lettersPainted(await painted(page)), lettersListed(rows));
    });

    test("a whole page is checked by its main text; what is dismissed loses its mark until that is undone", async () => {
      await page.goto(site.url("front.html"));
      await page.$eval("#banner", (banner) => getSelection()?.selectAllChildren(banner));
      const selected = () => page.evaluate(() => String(getSelection()));
      const before = [await state(), await selected()];
      const { facts, rows } = await command("result", "E");
      assert.match(facts, /^Main text of the page · /);
      assert.ok(rows.length >= 2);
      assert.deepEqual((await painted(page)).filter(({ within }) => !["story", "excuse", "own"].includes(within)), []);
      assert.deepEqual(lettersPainted(await painted(page)), lettersListed(rows));
      assert.deepEqual([await state(), await selected()], before);

      await click(".passage");
      await click("li.current .dismiss-passage");
      await browser.inPanel("#dismissed:not([hidden])", () => {});
      assert.deepEqual((await listedIn(browser)).rows, rows.slice(1));
      await waitUntilPainted(page, rows.slice(1));
      await click("#undo");
      await browser.inPanel("#dismissed[hidden]", () => {});
      assert.deepEqual((await listedIn(browser)).rows, rows);
      await waitUntilPainted(page, rows);
    });

    test("the keyboard alone checks, opens, explains, judges, walks and clears", async () => {
      await check("#article");
      await browser.focusPanel();
      const focused = () => browser.inPanel("body", (document) => document.activeElement?.className ?? "");
      /** @param {string} name */
      const tabTo = async (name) => {
        for (let left = 60; left > 0; left -= 1) {
          await browser.pressInPanel("Tab");
          if ((await focused()).split(" ").includes(name)) return;
        }
        assert.fail(`the tab key does not reach .${name}`);
      };
      await tabTo("passage");
      await browser.pressInPanel("Enter");
      await browser.inPanel("li.current", () => {});
      await page.waitForFunction(() => CSS.highlights.has("spinmark-current"));
      await tabTo("why");
      await browser.pressInPanel("Space");
      const cue = await browser.inPanel("li.current .cue", (document) => document.querySelector("li.current .cue")?.textContent);
      assert.match(cue, /^“.+” (raised|lowered) the score by \d\.\d\d$/s);
      await tabTo("unhelpful");
      await browser.pressInPanel("Space");
      await browser.inPanel('li.current .unhelpful[aria-pressed="true"]', () => {});
      assert.ok((await focused()).includes("unhelpful"));
      const current = () =>
        browser.inPanel("li.current", (document) => [...document.querySelectorAll("#rows > li")].findIndex((li) => li.classList.contains("current")));
      assert.equal(await current(), 0);
      await browser.pressInPanel("n");
      assert.equal(await current(), 1);
      await browser.pressInPanel("p");
      assert.equal(await current(), 0);
      await browser.pressInPanel("Escape");
      assert.equal((await listedIn(browser, "idle")).status, "Select a text to check");
      await nothingIsPainted();
    });

    test("Escape in the page clears as well", async () => {
      await check("#article");
      await page.bringToFront();
      await page.keyboard.press("Escape");
      await listedIn(browser, "idle");
      assert.deepEqual(await painted(page), []);
    });

    describe("a mark", () => {
      const openRow = () =>
        browser.inPanel("li.current .about:not([hidden])", (document) => document.querySelector("li.current .words")?.textContent ?? "");

      /** Return where the last painted letters of an element stand. @param {string} id */
      const placeOf = (id) =>
        page.evaluate((id) => {
          const ranges = [...CSS.highlights.values()].flatMap((highlight) => /** @type {Range[]} */ ([...highlight]));
          const range = ranges.find(({ startContainer }) => startContainer.parentElement?.closest("[id]")?.id === id);
          const { left, top, width, height } = /** @type {DOMRect} */ (range?.getClientRects()[0]);
          return { x: left + width / 2, y: top + height / 2, text: String(range) };
        }, id);

      test("under a resting pointer opens its card, and the page stays as it is", async () => {
        await check("#article");
        const before = [await state(), await page.evaluate(() => [String(getSelection()), document.activeElement?.localName])];
        await page.bringToFront();
        let isOpen = false;
        const opened = openRow().finally(() => (isOpen = true));
        let last = { x: -1, y: -1, text: "" };
        while (!isOpen) {
          const place = await placeOf("provocation");
          // The panel slides in and moves the page's lines; a pointer that goes on moving does not rest.
          if (place.x !== last.x || place.y !== last.y) await page.mouse.move(place.x, place.y);
          last = place;
        }
        assert.equal(asRead(await opened), asRead(last.text));
        await page.waitForFunction(() => CSS.highlights.has("spinmark-current"));
        assert.deepEqual([await state(), await page.evaluate(() => [String(getSelection()), document.activeElement?.localName])], before);
      });

      test("in which the caret comes to stand opens its card", async () => {
        await page.goto(site.url("mixed.html"));
        const { rows } = await check("#editable");
        await page.focus("#editable");
        const quote = rows[0]?.quote ?? "";
        await page.$eval(
          "#editable",
          (element, at) => getSelection()?.collapse(element.firstChild, at),
          (await page.$eval("#editable", (element) => element.textContent ?? "")).indexOf(quote) + 2,
        );
        await page.keyboard.press("ArrowRight");
        assert.equal(await openRow(), quote);
      });
    });

    for (const [what, selector] of [["text area", "#field"], ["line to write in", "#line"]]) {
      test(`the selection in a ${what} is listed, and the page stays as it is`, async () => {
        await page.goto(site.url("places.html"));
        await page.focus(selector);
        await page.$eval(selector, (field) => /** @type {HTMLTextAreaElement} */ (field).select());
        const { notice, rows } = await command();
        assert.match(notice, /listed here only/);
        assert.ok(rows.some(({ placed, quote }) => placed === "list" && quote.includes(JUSTIFICATION)));
        assert.deepEqual(await painted(page), []);
      });
    }

    test("a password is never read", async () => {
      await page.goto(site.url("places.html"));
      await page.focus("#secret");
      await page.$eval("#secret", (field) => /** @type {HTMLInputElement} */ (field).select());
      assert.equal((await command("failure")).status, "No text is selected");
    });

    for (const [where, selector] of [["slotted into a shadow root", "#host"], ["in a shadow root", "#shadow >>> #inner"]]) {
      test(`text ${where} is painted there`, async () => {
        await page.goto(site.url("places.html"));
        const { rows } = await check(selector);
        const row = rows.find(({ quote }) => quote.includes(JUSTIFICATION));
        assert.equal(row?.placed, "page");
        const marks = await painted(page);
        assert.ok(marks.some(({ text }) => asRead(text) === row?.quote), JSON.stringify(marks));
      });
    }

    describe("a frame", () => {
      /** @param {string} host */
      const openFramed = async (host) => {
        await page.evaluate((address) => {
          const frame = document.createElement("iframe");
          frame.src = address;
          document.body.prepend(frame);
        }, site.url("inner.html", host));
        return selectInFrame(page);
      };

      for (const [which, host] of [["the same site", "news.test"], ["this machine, which the extension may reach,", "127.0.0.1"]]) {
        test(`of ${which} is painted in itself`, async () => {
          const frame = await openFramed(host);
          const { rows } = await command();
          assert.ok(rows.length > 0 && rows.every(({ placed }) => placed === "page"), JSON.stringify(rows));
          assert.ok((await frame.evaluate(() => CSS.highlights.size)) > 0);
          assert.deepEqual(await painted(page), []);
        });
      }

      test("of another site is not read, and the panel says why", async () => {
        const frame = await openFramed("other.test");
        const { status, notice } = await command("failure");
        assert.equal(status, "No text is selected");
        assert.match(notice, /frame from another site cannot be reached/);
        assert.equal(await frame.evaluate(() => CSS.highlights.size), 0);
      });
    });

    test("a file is checked like any page", async () => {
      const folder = mkdtempSync(join(tmpdir(), "spinmark-file-"));
      try {
        const file = join(folder, "story.html");
        writeFileSync(file, EXCUSE_PAGES["inner.html"]);
        await page.goto(pathToFileURL(file).href);
        const { rows } = await check("#inner");
        assert.ok(rows.length > 0 && rows.every(({ placed }) => placed === "page"));
        assert.deepEqual(lettersPainted(await painted(page)), lettersListed(rows));
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    describe("text", () => {
      beforeEach(() => page.goto(site.url("mixed.html")));

      for (const [where, selector] of [["between right-to-left words and emoji", "#mixed"], ["that its reader can edit", "#editable"], ["across the tags within its words", "#tags"]]) {
        test(`${where} is painted where it stands`, async () => {
          const { rows } = await check(selector);
          const marks = await painted(page);
          assert.ok(rows.length > 0 && rows.every(({ placed }) => placed === "page"));
          for (const { quote } of rows) assert.ok(marks.some(({ text, within }) => text === quote && `#${within}` === selector), quote);
        });
      }

      test("that its reader edits loses the marks of words that are gone, and keeps what was written", async () => {
        await check("#editable");
        await page.bringToFront();
        await page.focus("#editable");
        await select(page, "#editable");
        await page.keyboard.type("Corrected.");
        await nothingIsPainted();
        assert.equal(await page.$eval("#editable", (element) => element.textContent), "Corrected.");
      });
    });

    describe("a page that changes", () => {
      test("keeps the marks of a passage that it writes anew", async () => {
        const { rows } = await check("#provocation");
        assert.ok(rows.length > 0);
        await page.$eval("#provocation", (paragraph) => {
          const copy = /** @type {HTMLElement} */ (paragraph.cloneNode(true));
          copy.id = "anew";
          const box = document.createElement("section");
          box.append(copy);
          paragraph.replaceWith(box);
        });
        await page.waitForFunction(() =>
          [...CSS.highlights.values()].some((highlight) => [...highlight].some((range) => range.startContainer.parentElement?.closest("#anew"))),
        );
        await waitUntilPainted(page, rows);
      });

      test("has no mark on words that have taken the place of others, and the list says so", async () => {
        const { rows } = await check("#provocation");
        await page.$eval("#provocation", (paragraph) => {
          for (const node of [...paragraph.childNodes]) {
            const text = node.nodeType === Node.TEXT_NODE ? /** @type {Text} */ (node) : /** @type {Text} */ (node.firstChild);
            for (let at = 0; at < text.length; at += 7) text.replaceData(at, 1, "x");
          }
        });
        await nothingIsPainted();
        await click(".passage");
        const note = await browser.inPanel("li.current .note", (document) => document.querySelector("li.current .note")?.textContent);
        assert.match(note, /page has changed/);
        assert.equal((await listedIn(browser)).rows.length, rows.length);
      });

      test("without rest keeps its marks and goes on", async () => {
        const { rows } = await check("#provocation");
        await page.bringToFront();
        const changes = await page.evaluate(
          () =>
            new Promise((done) => {
              const ticker = document.body.appendChild(document.createElement("p"));
              let count = 0;
              (function tick() {
                for (let i = 0; i < 50; i += 1) ticker.textContent = `Update ${(count += 1)}`;
                if (count < 2000) requestAnimationFrame(tick);
                else done(count);
              })();
            }),
        );
        assert.equal(changes, 2000);
        await waitUntilPainted(page, rows);
      });
    });

    describe("colours", () => {
      test("on a dark page are those for dark pages", async () => {
        await page.goto(site.url("places.html"));
        await check("#dark");
        const names = (await painted(page)).map(({ name }) => name);
        assert.ok(names.length > 0 && names.every((name) => name.endsWith("-on-dark")), names.join());
      });

      test("follow a page that turns dark", async () => {
        await browser.setMedia(page, { dark: false });
        await check("#article");
        assert.ok((await painted(page)).every(({ name }) => !name.endsWith("-on-dark")));
        await browser.setMedia(page, { dark: true });
        await page.waitForFunction(() => CSS.highlights.size > 0 && [...CSS.highlights.keys()].every((name) => name.endsWith("-on-dark")));
      });

      test("that the system forces leave marks that are seen, each with its line, and a list that is read", async () => {
        await check("#provocation");
        await browser.setMedia(page, { forced: true });
        const paragraph = await page.$("#provocation");
        const marked = await paragraph?.screenshot({ path: browser.output(`${browser.name.toLowerCase()}-forced-colours.png`) });
        const line = await page.$eval("#provocation", (p) => getComputedStyle(p, "::highlight(spinmark-justification)").textDecorationStyle);
        assert.equal(line, "double");
        const lines = await browser.inPanel("#rows .words", (document) => {
          const view = /** @type {Window} */ (document.defaultView);
          return [view.matchMedia("(forced-colors: active)").matches, ...[...document.querySelectorAll("#rows .words")].map((words) => view.getComputedStyle(words).textDecorationLine)];
        });
        assert.ok(lines.length > 1 && lines[0] && lines.slice(1).every((/** @type {string} */ line) => line === "underline"), String(lines));
        await page.bringToFront();
        await page.keyboard.press("Escape");
        await nothingIsPainted();
        assert.notDeepEqual(marked, await paragraph?.screenshot(), "the marks are to be seen");
      });
    });

    test("without the server the panel gives the command, and trying again works once it is up", async () => {
      const port = await freePort();
      await set({ port });
      const { status, commands } = await check("#provocation", "failure");
      assert.equal(status, "The server is not running");
      assert.deepEqual(commands, [`spinmark serve --port ${port}`, `make run PORT=${port}`]);
      await page.evaluate(() => getSelection()?.removeAllRanges());
      const late = await startServer(port);
      try {
        await click("#retry");
        const { rows } = await listedIn(browser);
        assert.ok(rows.some(({ quote }) => quote.includes(JUSTIFICATION)));
        await waitUntilPainted(page, rows);
      } finally {
        await late.stop();
      }
    });

    test("a server that wants a token is told from one that wants another, and answers who has it", async () => {
      const token = "a-token-of-some-length-for-this-test";
      const guarded = await startServer(await freePort(), "--token", token);
      try {
        await set({ port: guarded.port });
        assert.equal((await check("#provocation", "failure")).status, "The server asks for a token");
        for (const [given, state, words] of [
          ["another-token-of-some-length-altogether", "failure", "The token does not fit"],
          [token, "result", "1 passage resembles a technique"],
        ]) {
          await set({ token: given });
          await click("#retry");
          await browser.inPanel("body", (document, words) => new Promise((done) => {
            (function look() {
              if (document.getElementById("status")?.textContent === words) done(true);
              else document.defaultView?.setTimeout(look, 20);
            })();
          }), words);
          await listedIn(browser, state);
        }
      } finally {
        await guarded.stop();
      }
    });
  });
}
