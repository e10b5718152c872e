import {codePoints, lanes, pieces, utf16Offset} from "./marks.js";
import {counted, resembles, summary, whoSays} from "./words.js";

// Four marks over one word can be told apart; a fifth is drawn into the fourth lane, the list has it anyway.
const LAST_LANE = 3;
const LANE_PX = 4;

const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const input = /** @type {HTMLTextAreaElement} */ ($("text"));
const button = /** @type {HTMLButtonElement} */ ($("check"));
const tokenInput = /** @type {HTMLInputElement} */ ($("token"));

// The address may carry the token behind "#", which a browser sends to nobody; it is taken out of sight at once.
let token = new URLSearchParams(location.hash.slice(1)).get("token");
if (token !== null) history.replaceState(null, "", location.pathname);

/** @type {Map<string, any>} */
let techniques = new Map();
let maxChars = Infinity;
let active = -1;
let placed = /** @type {boolean[]} */ ([]);

/** What the server says when it refuses: a problem document. */
class Refusal extends Error {
  /** @param {any} problem @param {number} status */
  constructor(problem, status) {
    super(problem?.detail ?? `The server answered ${status}.`);
    this.title = problem?.title ?? "The server refused";
    this.status = status;
  }
}

/** @param {string} path @param {unknown} [body] */
async function call(path, body) {
  const headers = new Headers();
  if (token !== null) headers.set("Authorization", `Bearer ${token}`);
  if (body !== undefined) {
    headers.set("Content-Type", "application/json");
    headers.set("X-Spinmark", "1");
  }
  const response = await fetch(path, body === undefined ? {headers} : {method: "POST", headers, body: JSON.stringify(body)});
  const answer = await response.json().catch(() => null);
  if (!response.ok || answer === null) throw new Refusal(answer, response.status);
  return answer;
}

/** @param {unknown} error */
function showError(error) {
  if (error instanceof Refusal && error.status === 401) {
    $("asking").textContent = token === null ? "This server asks for the token that it printed at its start."
      : "That is not this server’s token. A server that was started again has a new one.";
    $("access").hidden = false;
    tokenInput.focus();
    return;
  }
  const words = error instanceof Refusal ? `${error.title}. ${error.message}`
    : error instanceof TypeError ? "The server does not answer. Start it with “spinmark serve”, then try again."
    : "The page failed to show the answer.";
  $("error").textContent = words;
  $("error").hidden = false;
  if (!(error instanceof Refusal || error instanceof TypeError)) throw error;
}

async function load() {
  try {
    const [health, taxonomy] = await Promise.all([call("/v1/health"), call("/v1/techniques")]);
    techniques = new Map(taxonomy.techniques.map((/** @type {any} */ t) => [t.id, t]));
    maxChars = health.max_chars;
    $("about").textContent = `${counted(techniques.size, "technique")}. Model ${health.model.name} ${health.model.version}, Spinmark ${health.version}.`;
    $("access").hidden = true;
    $("error").hidden = true;
    count();
  } catch (error) {
    showError(error);
  }
}

function count() {
  const length = codePoints(input.value);
  const over = length > maxChars;
  $("count").textContent = length === 0 ? ""
    : over ? `${counted(length, "character")}, ${(length - maxChars).toLocaleString("en")} too many`
    : counted(length, "character");
  $("count").classList.toggle("over", over);
  button.disabled = length === 0 || over;
}

async function check() {
  if (button.disabled) return;
  // Half of a surrogate pair or a NUL is no text; each becomes one unit of the same width, so offsets hold.
  const text = input.value.toWellFormed().replaceAll("\0", "\ufffd");
  $("error").hidden = true;
  button.disabled = true;
  button.textContent = "Checking…";
  try {
    if (techniques.size === 0) await load();
    show(text, await call("/v1/check", {text}));
  } catch (error) {
    showError(error);
  } finally {
    button.textContent = "Check";
    count();
  }
}

/** @param {string} text @param {any} report */
function show(text, report) {
  const {heading, note} = summary(report);
  $("summary").textContent = heading;
  $("note").textContent = note;
  $("side").hidden = $("keys").hidden = report.flags.length === 0;
  active = -1;
  // A mark is drawn only where the offsets lead to the very words; what they do not place is listed alone.
  placed = report.flags.map((/** @type {any} */ f) => f.text !== "" && text.slice(f.start_utf16, f.end_utf16) === f.text);
  $("marked").replaceChildren(...markedText(text, report.flags));
  $("flags").replaceChildren(...report.flags.map((/** @type {any} */ flag, /** @type {number} */ i) => card(text, flag, i)));
  $("compose").hidden = true;
  $("result").hidden = false;
  $("summary").focus();
  scrollTo(0, 0);
}

/** @param {string} text @param {any[]} flags */
function markedText(text, flags) {
  const numbers = flags.map((_, i) => i).filter((i) => placed[i]);
  const ranges = numbers.map((i) => ({start: flags[i].start_utf16, end: flags[i].end_utf16}));
  const lane = lanes(ranges);
  return pieces(text.length, ranges).flatMap(({start, end, covering, ending}) => {
    const words = text.slice(start, end);
    if (covering.length === 0) return [document.createTextNode(words)];
    const mark = element("mark", "", words);
    mark.dataset.flags = covering.map((r) => numbers[r]).join(" ");
    const layers = covering.map((r) => line(flags[numbers[r]], Math.min(lane[r], LAST_LANE)));
    mark.style.backgroundImage = layers.map((l) => l.image).join(", ");
    mark.style.backgroundPosition = layers.map((l) => l.position).join(", ");
    mark.style.backgroundSize = layers.map((l) => l.size).join(", ");
    const innermost = covering.reduce((a, b) => (ranges[b].end - ranges[b].start < ranges[a].end - ranges[a].start ? b : a));
    mark.addEventListener("click", () => { if (getSelection()?.isCollapsed ?? true) activate(numbers[innermost], "card"); });
    return [mark, ...ending.map((r) => reference(flags[numbers[r]], numbers[r]))];
  });
}

/** @param {any} flag @param {number} lane */
function line(flag, lane) {
  const colour = `var(--${flag.group})`;
  const image = flag.attribution.voice === "author" ? `linear-gradient(${colour}, ${colour})`
    : `repeating-linear-gradient(90deg, ${colour} 0 5px, transparent 5px 8px)`;
  return {image, position: `0 calc(100% - ${(LAST_LANE - lane) * LANE_PX}px)`, size: "100% 2px"};
}

/** @param {any} flag @param {number} i */
function reference(flag, i) {
  const link = element("a", "reference", String(i + 1));
  link.id = `mark-${i + 1}`;
  link.setAttribute("href", `#flag-${i + 1}`);
  link.setAttribute("aria-label", `${i + 1}: ${whoSays(flag)} ${resembles(nameOf(flag), flag.confidence)}`);
  link.addEventListener("click", (event) => { event.preventDefault(); activate(i, "card"); });
  const above = element("sup");
  above.append(link);
  return above;
}

/** @param {string} text @param {any} flag @param {number} i */
function card(text, flag, i) {
  const technique = techniques.get(flag.technique);
  const item = element("li", flag.attribution.voice === "author" ? "own" : "others");
  item.id = `flag-${i + 1}`;
  item.tabIndex = -1;
  item.style.setProperty("--colour", `var(--${flag.group})`);
  item.append(element("p", "who", whoSays(flag)));
  const passage = element("blockquote", "", flag.text);
  item.append(passage, element("p", "technique", resembles(nameOf(flag), flag.confidence)));
  if (flag.contested && flag.contested_by !== null) {
    const disputing = text.slice(utf16Offset(text, flag.contested_by.start), utf16Offset(text, flag.contested_by.end));
    const where = element("p", "disputed", "Disputed by: ");
    where.append(element("q", "", disputing));
    item.append(where);
  }
  if (technique !== undefined) {
    item.append(element("p", "", technique.definition), element("p", "question", technique.question));
    const more = element("details");
    more.append(element("summary", "", "How it works, and when it is fair"),
      element("p", "", technique.effect), element("p", "", technique.legitimate));
    item.append(more);
  }
  if (placed[i]) {
    const link = element("a", "show", "Show in the text");
    link.setAttribute("href", `#mark-${i + 1}`);
    link.addEventListener("click", (event) => { event.preventDefault(); activate(i, "mark"); });
    item.append(link);
    passage.addEventListener("click", () => { if (getSelection()?.isCollapsed ?? true) activate(i, "mark"); });
  } else {
    item.append(element("p", "hint", "This passage could not be placed in the text."));
  }
  return item;
}

/** @param {any} flag */
function nameOf(flag) {
  return techniques.get(flag.technique)?.name ?? flag.technique.replaceAll("_", " ");
}

/** @param {string} name @param {string} [className] @param {string} [words] */
function element(name, className = "", words = "") {
  const made = document.createElement(name);
  if (className !== "") made.className = className;
  if (words !== "") made.textContent = words;
  return made;
}

/**
 * Bring a flag forward, in the text and in the list, and move the focus to its card or to its mark.
 *
 * @param {number} i
 * @param {"card" | "mark"} focus
 */
function activate(i, focus) {
  active = i;
  const item = $(`flag-${i + 1}`);
  for (const other of $("flags").children) other.classList.toggle("active", other === item);
  for (const mark of $("marked").querySelectorAll("mark")) {
    const on = mark.dataset.flags?.split(" ").includes(String(i)) ?? false;
    mark.classList.toggle("active", on);
    if (on) mark.style.setProperty("--colour", item.style.getPropertyValue("--colour"));
  }
  item.scrollIntoView({block: "nearest"});
  const mark = document.getElementById(`mark-${i + 1}`);
  mark?.scrollIntoView({block: "nearest"});
  (focus === "mark" && mark !== null ? mark : item).focus({preventScroll: true});
}

function edit() {
  $("result").hidden = true;
  $("compose").hidden = false;
  input.focus();
}

$("compose").addEventListener("submit", (event) => { event.preventDefault(); check(); });
$("access").addEventListener("submit", (event) => {
  event.preventDefault();
  token = tokenInput.value.trim();
  tokenInput.value = "";
  load();
});
input.addEventListener("input", count);
input.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); check(); }
});
$("edit").addEventListener("click", edit);
$("clear").addEventListener("click", () => { input.value = ""; count(); edit(); });
$("print").addEventListener("click", () => print());
document.addEventListener("keydown", (event) => {
  if ($("result").hidden || event.ctrlKey || event.metaKey || event.altKey) return;
  const total = $("flags").children.length;
  if (event.key === "Escape") edit();
  else if (event.key === "n" && total > 0) activate((active + 1) % total, "card");
  else if (event.key === "p" && total > 0) activate((Math.max(active, 0) - 1 + total) % total, "card");
});

// On paper nothing can be opened.
/** @type {HTMLDetailsElement[]} */
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details")].filter((details) => !details.open);
  for (const details of opened) details.open = true;
});
addEventListener("afterprint", () => { for (const details of opened) details.open = false; });

count();
load();
