// Pages that mean harm to the extension that reads them, in both browsers.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { openChromium } from "./chromium.mjs";
import { openFirefox } from "./firefox.mjs";
import { lettersListed, lettersPainted, listedIn, painted, select, waitUntilPainted } from "./reader.mjs";
import { openSetting } from "./setting.mjs";
import { EXCUSE, pageOf } from "./site.mjs";
import { answer, CONTESTED, openStandIn } from "./stand-in.mjs";

const { text: TEXT } = CONTESTED.request.body;

/** Before the extension comes, the page spoils all that a script of its own kind would use. */
const SPOILED = `<script>
  const spoil = (owner, ...names) => {
    for (const name of names) Object.defineProperty(owner, name, { configurable: true, get() { spoilt.push(name); return () => { throw new Error("spoilt"); }; }, set() {} });
  };
  const spoilt = [];
  spoil(Range.prototype, "toString", "setStart", "setEnd", "getClientRects", "collapsed");
  spoil(Node.prototype, "childNodes", "textContent", "isConnected", "getRootNode", "contains");
  spoil(Element.prototype, "localName", "closest", "shadowRoot", "matches");
  spoil(CharacterData.prototype, "data", "length");
  spoil(Array.prototype, "flatMap", "findLast", "at");
  spoil(String.prototype, "slice", "matchAll", "trim");
  spoil(Map.prototype, "get", "set");
  spoil(window, "Highlight", "MutationObserver", "getComputedStyle", "requestIdleCallback", "chrome", "browser", "spinmark");
  spoil(document, "createRange", "querySelectorAll");
</script>`;

// A form gives its fields' names precedence over its own properties, to every script that asks; a document does so
// with its images.
const CLOBBERED = `<form>${["childNodes", "nodeType", "localName", "shadowRoot", "children", "parentNode", "parentElement", "textContent", "contains", "matches", "closest", "getAttribute", "hasAttribute", "getRootNode", "isConnected", "assignedSlot"].map((name) => `<input name="${name}" type="hidden">`).join("")}
  ${["documentElement", "activeElement", "createRange", "hasFocus", "contentType", "scrollingElement"].map((name) => `<img name="${name}" alt="">`).join("")}
  <p id="text">${TEXT}</p></form>`;

const PAGES = {
  "spoiled.html": pageOf(`${SPOILED}<p id="text">${TEXT}</p>`),
  "clobbered.html": pageOf(CLOBBERED),
  "inline.html": pageOf(`<p id="text">${[...TEXT].map((letter) => `<b>${letter}</b>`).join("")}${"<i>x</i>".repeat(10_000)}</p>`),
  "deep.html": pageOf(`<div id="text"></div><script>
    let place = document.getElementById("text");
    for (let depth = 0; depth < 3000; depth += 1) place = place.appendChild(document.createElement("span"));
    place.textContent = ${JSON.stringify(TEXT)};
  </script>`),
  "plain.html": pageOf(`<p id="text">${TEXT}</p>`),
  "markup.html": pageOf(`<p id="text"></p><script>text.textContent = ${JSON.stringify(TEXT)};</script>`),
  "storm.html": pageOf(`<p id="text">${TEXT}</p><div id="weather"></div><script>
    setInterval(() => { for (let i = 0; i < 200; i += 1) { weather.append(document.createElement("b")); if (weather.childNodes.length > 2000) weather.replaceChildren(); } }, 0);
  </script>`),
  "own.html": pageOf(`<p id="text">${EXCUSE}</p>`),
};

for (const open of [openChromium, openFirefox]) {
  describe(`a hostile page in ${open === openChromium ? "Chromium" : "Firefox"}`, { timeout: 900_000 }, () => {
    /** @type {Awaited<ReturnType<typeof openSetting>>} */
    let setting;
    /** @type {(typeof setting)["browser"]} */
    let browser;
    /** @type {(typeof setting)["page"]} */
    let page;
    /** @type {Awaited<ReturnType<typeof openStandIn>>} */
    let standIn;
    /** How often the server was asked to check a text. */
    let asked = 0;

    before(async () => {
      setting = await openSetting(PAGES, open);
      ({ browser, page } = setting);
      standIn = await openStandIn();
    });

    after(async () => {
      await setting?.close();
      standIn?.close();
    });
    beforeEach(async () => {
      await setting.reset();
      asked = 0;
      standIn.check = (response) => {
        asked += 1;
        answer(response, CONTESTED.response);
      };
      await browser.inExtension((/** @type {number} */ port) => chrome.storage.local.set({ port }), standIn.port);
    });
    afterEach(() => browser.closePanel());

    /** @param {string} name @param {string} [state] */
    async function check(name, state) {
      await page.goto(setting.site.url(name));
      await select(page, "#text");
      await browser.pressCommand(page);
      return listedIn(browser, state);
    }

    for (const [what, name] of [
      ["that spoils what scripts use", "spoiled.html"],
      ["that gives fields and pictures the names of what scripts use", "clobbered.html"],
      ["of ten thousand inline elements", "inline.html"],
      ["of three thousand elements within each other", "deep.html"],
      ["that changes without end", "storm.html"],
    ]) {
      test(`${what} is read and painted nevertheless`, async () => {
        const { rows } = await check(name);
        assert.deepEqual(rows.map(({ quote, placed }) => [quote, placed]), CONTESTED.response.flags.map((/** @type {any} */ flag) => [flag.text, "page"]));
        // By way of the browser, since the page's own words for it are spoilt.
        if (name !== "spoiled.html") assert.deepEqual(lettersPainted(await painted(page)), lettersListed(rows));
        assert.equal(asked, 1);
      });
    }

    test("makes up neither keys nor pointers, and has no door to the extension", async () => {
      const { rows } = await check("plain.html");
      assert.equal(asked, 1);
      const tried = await page.evaluate(async (origin) => {
        const messages = ["check", "retry", "clear", "cleared", "pointed", "dismiss", "judge"].map((type) => ({ type, tabId: 1, part: "article", run: "", index: 0 }));
        const { left, top, width, height } = /** @type {Element} */ (document.querySelector("#text")).getBoundingClientRect();
        const at = { clientX: left + width / 4, clientY: top + height / 2, bubbles: true };
        for (const message of messages) {
          postMessage(message, "*");
          dispatchEvent(new CustomEvent(message.type, { detail: message }));
        }
        for (const target of [window, document, document.body]) {
          target.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
          target.dispatchEvent(new KeyboardEvent("keydown", { key: "S", altKey: true, shiftKey: true, bubbles: true }));
          target.dispatchEvent(new KeyboardEvent("keyup", { key: "ArrowRight", bubbles: true }));
          target.dispatchEvent(new PointerEvent("pointermove", at));
          target.dispatchEvent(new PointerEvent("pointerup", at));
        }
        // The extension's timer, if one began, ends before a longer one that begins after it.
        await new Promise((done) => setTimeout(done, 200));
        const loads = ["manifest.json", "ui/panel.html", "ui/options.html", "content/overlay.css", "icons/icon-16.png"].map(async (path) => {
          const read = await fetch(`${origin}/${path}`).then(() => `${path} was read`, () => null);
          const image = new Image();
          image.src = `${origin}/${path}`;
          const seen = await image.decode().then(() => `${path} was drawn`, () => null);
          return read ?? seen;
        });
        const globals = /** @type {any} */ (globalThis);
        return {
          loads: (await Promise.all(loads)).filter(Boolean),
          doors: ["spinmark", "browser"].filter((name) => name in globals),
          canSend: Boolean(globals.chrome?.runtime?.sendMessage),
        };
      }, browser.origin);
      assert.deepEqual(tried, { loads: [], doors: [], canSend: false });
      // A question that comes after all of it: whatever was to happen has happened.
      await browser.inExtension(() => chrome.storage.session.get(null));
      assert.deepEqual((await listedIn(browser)).rows, rows);
      assert.equal(await browser.inPanel("body", (document) => document.querySelector("li.current") === null), true);
      assert.deepEqual(lettersPainted(await painted(page)), lettersListed(rows));
      assert.equal(asked, 1);
    });

    test("that clears or fills the marks' registry changes nothing in the list", async () => {
      const { rows } = await check("plain.html");
      await page.evaluate(() => {
        CSS.highlights.clear();
        const range = document.createRange();
        range.selectNodeContents(document.body);
        CSS.highlights.set("spinmark-attack", new Highlight(range));
      });
      assert.deepEqual((await listedIn(browser)).rows, rows);
      await browser.focusPanel();
      await browser.pressInPanel("n");
      await waitUntilPainted(page, [...rows, { ...rows[0], group: "current" }]);
    });

    test("whose words are markup has them shown as words", async () => {
      const markup = `<img src=x onerror="document.title='taken'"><script>document.title='taken'</script>`;
      const [flag] = CONTESTED.response.flags;
      standIn.check = (response) =>
        answer(response, {
          ...CONTESTED.response,
          flags: [{ ...flag, text: markup, attribution: { ...flag.attribution, voice: "quoted", speaker: markup } }],
        });
      const { rows } = await check("plain.html");
      assert.equal(rows[0]?.quote, markup);
      assert.ok(rows[0]?.voice.startsWith(markup));
      assert.equal(rows[0]?.placed, "lost", "what does not read as the page does is painted nowhere");
      const made = await browser.inPanel("#rows", (document) => [document.title, document.querySelectorAll("#rows img, #rows script").length]);
      assert.deepEqual(made, ["Spinmark", 0]);
      assert.deepEqual(await painted(page), []);
    });

    test("that goes away while it is read takes nothing along", async () => {
      await page.goto(setting.site.url("plain.html"));
      await select(page, "#text");
      await Promise.all([browser.pressCommand(page), page.goto(setting.site.url("own.html"))]);
      await browser.closePanel();
      const { rows } = await check("own.html");
      assert.ok(rows.every(({ placed }) => placed === "lost"), "the stand-in's passages are not on this page");
      assert.deepEqual(await painted(page), []);
    });
  });
}
