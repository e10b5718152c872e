// Above the list: whose words, which groups, which technique and how sure. The groups' buttons
// are the marks' legend as well.
import { toBackground } from "../shared/messages.js";
import { GROUPS } from "../shared/colours.js";
import { byId, element } from "./element.js";
import { confidence, message, wholeNumber } from "./localise.js";

/** @type {Voice[]} */
const VOICES = ["author", "quoted", "reported"];

const bar = byId("filter", HTMLElement);
const voices = byId("voices", HTMLElement);
const groups = byId("groups", HTMLElement);
const technique = byId("technique", HTMLSelectElement);
const least = byId("least", HTMLSelectElement);
const LEAST = [0, 0.5, 0.6, 0.7, 0.8, 0.9];
const count = byId("filtered", HTMLElement);

/** @type {Filter} */
let filter;

groups.setAttribute("aria-label", message("filterGroups"));
voices.setAttribute("aria-label", message("filterVoices"));
technique.addEventListener("change", () => change({ ...filter, technique: technique.value || null }));
least.addEventListener("change", () => change({ ...filter, minConfidence: Number(least.value) }));
least.append(
  ...LEAST.map((value) =>
    element("option", { value: String(value) }, value ? message("optionsConfidenceFrom", confidence(value)) : message("filterAnyConfidence")),
  ),
);
voices.append(
  ...VOICES.map((voice) =>
    toggle("data-voice-of", voice, message(`voice_${voice}`), () => change({ ...filter, hiddenVoices: switched(filter.hiddenVoices, voice) })),
  ),
);
groups.append(
  ...GROUPS.map((group) =>
    toggle("data-group", group, message(`group_${group}`), () => change({ ...filter, hiddenGroups: switched(filter.hiddenGroups, group) })),
  ),
);

/**
 * Show what the filter does to the flags of a text. Its parts stay where they are, since one may have the focus.
 *
 * @param {Filter} next
 * @param {Flag[]} flags those that are not dismissed
 * @param {number} shown how many of them are left
 * @param {(id: string) => string} nameOf a technique's name
 */
export function showFilter(next, flags, shown, nameOf) {
  filter = next;
  // One passage alone is no list to filter, unless the filter hides it.
  bar.hidden = flags.length < 2 && shown === flags.length;
  showToggles(voices, VOICES, filter.hiddenVoices, (voice) => flags.filter((flag) => flag.attribution.voice === voice).length);
  showToggles(groups, GROUPS, filter.hiddenGroups, (group) => flags.filter((flag) => flag.group === group).length);
  least.value = String(filter.minConfidence);
  showTechniques(flags, nameOf);
  count.textContent =
    shown < flags.length ? message("filtered", wholeNumber(shown), wholeNumber(flags.length)) : "";
}

export function hideFilter() {
  bar.hidden = true;
}

/**
 * @param {Flag[]} flags
 * @param {(id: string) => string} nameOf
 */
function showTechniques(flags, nameOf) {
  const ids = new Set(flags.map((flag) => flag.technique));
  if (filter.technique !== null) ids.add(filter.technique); // the choice holds on a page that has none of it
  const wanted = ["", ...[...ids].sort()];
  const there = [...technique.options].map((option) => option.value);
  // Options are made anew only where they differ: the list may be open.
  if (wanted.join() !== there.join()) {
    technique.replaceChildren(
      ...wanted.map((id) => element("option", { value: id }, id ? nameOf(id) : message("filterAllTechniques"))),
    );
  }
  technique.value = filter.technique ?? "";
}

/**
 * Make a button that leaves something out and lets it in again.
 *
 * @param {string} attribute
 * @param {string} value
 * @param {string} words
 * @param {() => void} pressed
 */
function toggle(attribute, value, words, pressed) {
  const label = element("span", { class: "words" }, words);
  const button = element("button", { type: "button", class: "plain", [attribute]: value }, label, " ", element("span"));
  button.addEventListener("click", pressed);
  return button;
}

/**
 * @template T
 * @param {HTMLElement} holder its buttons stand for `values`, in their order
 * @param {T[]} values
 * @param {T[]} hidden
 * @param {(value: T) => number} count
 */
function showToggles(holder, values, hidden, count) {
  values.forEach((value, i) => {
    const button = /** @type {HTMLElement} */ (holder.children[i]);
    const number = count(value);
    button.hidden = number === 0;
    button.setAttribute("aria-pressed", String(!hidden.includes(value)));
    /** @type {Element} */ (button.lastElementChild).textContent = wholeNumber(number);
  });
}

/**
 * Return a list without a value, or with it where it was not in.
 *
 * @template T
 * @param {T[]} values
 * @param {T} value
 */
function switched(values, value) {
  return values.includes(value) ? values.filter((other) => other !== value) : [...values, value];
}

/** @param {Filter} next */
function change(next) {
  filter = next;
  toBackground({ type: "filter", filter });
}
