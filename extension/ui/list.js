// The rows beside the page: which of them are shown, and which one is open.
import { byId, element } from "./element.js";
import { message } from "./localise.js";

const list = byId("rows", HTMLOListElement);

/** The rows that are shown, as they are numbered in the view. @type {number[]} */
let shown = [];
/** The row that is open. @type {number | null} */
let current = null;

list.setAttribute("aria-label", message("passages"));

/**
 * Put other rows in place of those that are there; none of them is shown yet.
 *
 * @param {HTMLElement[]} rows
 */
export function fill(rows) {
  shown = [];
  current = null;
  list.replaceChildren(...rows);
}

export const hasRows = () => list.hasChildNodes();

export const shownRows = () => shown;

/**
 * Show these rows and hide the others, which stay in place: a row may have the focus.
 *
 * @param {number[]} wanted
 */
export function showOnly(wanted) {
  shown = wanted;
  /** @type {HTMLElement[]} */ ([...list.children]).forEach((item, index) => {
    item.hidden = !shown.includes(index);
  });
  if (current !== null && !shown.includes(current)) open(null);
}

/**
 * @param {number} index
 * @param {boolean} isUnhelpful
 */
export function markUnhelpful(index, isUnhelpful) {
  itemOf(index).querySelector(".unhelpful")?.setAttribute("aria-pressed", String(isUnhelpful));
}

/**
 * Open a row as its reader asks for in the list: it is seen and has the focus.
 *
 * @param {number} index
 */
export function choose(index) {
  open(index);
  passageOf(index).focus({ preventScroll: true });
  itemOf(index).scrollIntoView({ block: "nearest" });
}

/**
 * Open the row of a mark at which the reader points in the page, and leave the focus there.
 *
 * @param {number} index
 */
export function point(index) {
  if (!shown.includes(index)) return;
  // A button that is hidden with its row would take the focus with it.
  const hadFocus = current !== null && itemOf(current).contains(document.activeElement);
  open(index);
  if (hadFocus) passageOf(index).focus({ preventScroll: true });
  itemOf(index).scrollIntoView({ block: "nearest" });
}

/** @param {number} index */
export function focusRow(index) {
  passageOf(index).focus();
}

/**
 * Say of a row that its passage is no longer in the page.
 *
 * @param {number} index
 */
export function sayGone(index) {
  const passage = passageOf(index);
  if (!passage.querySelector(".note")) passage.append(element("span", { class: "note" }, message("gone")));
}

/**
 * Return the row after the open one or before it, around at the ends; null where none is shown.
 *
 * @param {1 | -1} by
 */
export function neighbour(by) {
  const place = current === null ? (by === 1 ? -1 : 0) : shown.indexOf(current);
  return shown.at((place + by) % shown.length) ?? null;
}

/**
 * Open a row, and close whichever was open.
 *
 * @param {number | null} index
 */
function open(index) {
  current = index;
  [...list.children].forEach((item, i) => {
    const isOpen = i === index;
    passageOf(i).setAttribute("aria-expanded", String(isOpen));
    item.classList.toggle("current", isOpen);
    /** @type {HTMLElement} */ (item.querySelector(".about")).hidden = !isOpen;
  });
}

/** @param {number} index */
function itemOf(index) {
  return /** @type {HTMLElement} */ (list.children[index]);
}

/** @param {number} index */
function passageOf(index) {
  return /** @type {HTMLElement} */ (itemOf(index).querySelector(".passage"));
}
