// Above the list: whose words, which groups, which technique and how sure. The groups' buttons
// are the marks' legend as well.
import { toBackground } from "../shared/messages.js";
import { byId, element } from "./element.js";
import { confidence, message, wholeNumber } from "./localise.js";

/** @type {Group[]} */
const GROUPS = ["attack", "justification", "simplification", "distraction", "call", "wording"];

const bar = byId("filter", HTMLElement);
const authorOnly = byId("author-only", HTMLInputElement);
const groups = byId("groups", HTMLElement);
const technique = byId("technique", HTMLSelectElement);
const least = byId("least", HTMLSelectElement);
const LEAST = [0, 0.5, 0.6, 0.7, 0.8, 0.9];
const count = byId("filtered", HTMLElement);

/** @type {Filter} */
let filter;

groups.setAttribute("aria-label", message("filterGroups"));
authorOnly.addEventListener("change", () => change({ ...filter, authorOnly: authorOnly.checked }));
technique.addEventListener("change", () => change({ ...filter, technique: technique.value || null }));
least.addEventListener("change", () => change({ ...filter, minConfidence: Number(least.value) }));
least.append(
  ...LEAST.map((value) =>
    element("option", { value: String(value) }, value ? message("optionsConfidenceFrom", confidence(value)) : message("filterAnyConfidence")),
  ),
);
groups.append(
  ...GROUPS.map((group) => {
    const label = element("span", { class: "words" }, message(`group_${group}`));
    const button = element("button", { type: "button", class: "plain", "data-group": group }, label, " ", element("span"));
    button.addEventListener("click", () => toggle(group));
    return button;
  }),
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
  authorOnly.checked = filter.authorOnly;
  for (const button of /** @type {Iterable<HTMLElement>} */ (groups.children)) {
    const group = /** @type {Group} */ (button.dataset.group);
    const number = flags.filter((flag) => flag.group === group).length;
    button.hidden = number === 0;
    button.setAttribute("aria-pressed", String(!filter.hiddenGroups.includes(group)));
    /** @type {Element} */ (button.lastElementChild).textContent = wholeNumber(number);
  }
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

/** @param {Group} group */
function toggle(group) {
  const others = filter.hiddenGroups.filter((hidden) => hidden !== group);
  const wasHidden = others.length < filter.hiddenGroups.length;
  change({ ...filter, hiddenGroups: wasHidden ? others : [...others, group] });
}

/** @param {Filter} next */
function change(next) {
  filter = next;
  toBackground({ type: "filter", filter });
}
