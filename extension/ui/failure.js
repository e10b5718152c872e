// What is said when there is no report, the same in the panel and the popup.
import { browser, SERVER_ORIGIN } from "../shared/browser.js";
import { makeCommand, serveCommand, serverAddress } from "../shared/settings.js";
import { element } from "./element.js";
import { message, wholeNumber } from "./localise.js";

/** Failures after which the same text may well be checked. */
const PASSING = new Set(["down", "slow", "busy", "refused", "error", "foreign", "token", "wrongToken", "tooOld", "tooNew", "unsettled"]);

/** Failures that a setting can mend. */
const SETTING = new Set(["foreign", "token", "wrongToken"]);

/** @param {Failure} failure */
export const failureTitle = (failure) => message(`${failure.kind}Title`);

/**
 * Return what to say and offer; `retry` is called by the buttons that mean to go on.
 *
 * @param {Failure} failure
 * @param {number} port
 * @param {() => void} retry
 * @returns {HTMLElement[]}
 */
export function failureBody(failure, port, retry) {
  const parts = explanation(failure, port);
  /** @type {HTMLElement[]} */
  const buttons = [];
  if (PASSING.has(failure.kind)) buttons.push(button("retry", "tryAgain", retry));
  if (failure.kind === "permission") {
    buttons.push(
      // The request must be the first thing that the click does.
      button("allow", "allow", () => browser.permissions.request(SERVER_ORIGIN).then((given) => given && retry())),
    );
  }
  if (SETTING.has(failure.kind)) {
    buttons.push(button("open-options", "openOptions", () => browser.runtime.openOptionsPage()));
  }
  return buttons.length ? [...parts, element("div", { class: "actions" }, ...buttons)] : parts;
}

/**
 * @param {Failure} failure
 * @param {number} port
 * @returns {HTMLElement[]}
 */
function explanation(failure, port) {
  const address = serverAddress(port).replace("http://", "");
  switch (failure.kind) {
    case "down":
      return [
        paragraph("downMeaning", address),
        command(serveCommand(port)),
        paragraph("downMake"),
        command(makeCommand(port)),
      ];
    case "slow":
    case "foreign":
      return [paragraph(`${failure.kind}Meaning`, address)];
    case "busy":
      return [
        failure.retryAfterS === null
          ? paragraph("busyMeaning")
          : paragraph("busyMeaningSeconds", wholeNumber(failure.retryAfterS)),
      ];
    case "tooLong":
      return [
        failure.maxChars === null || failure.length === null
          ? paragraph("tooLongMeaningUnknown")
          : paragraph("tooLongMeaning", wholeNumber(failure.maxChars), wholeNumber(failure.length)),
      ];
    case "tooOld":
    case "tooNew":
      return [
        ...(failure.version === null ? [] : [paragraph("serverVersion", failure.version)]),
        paragraph(`${failure.kind}Meaning`),
      ];
    case "refused":
    case "error":
    case "restricted":
      return [paragraph(`${failure.kind}Meaning`), element("p", { class: "quiet" }, message(`${failure.kind}Says`, failure.detail))];
    default:
      return [paragraph(`${failure.kind}Meaning`)];
  }
}

/**
 * @param {string} key
 * @param {string[]} words
 */
function paragraph(key, ...words) {
  return element("p", {}, message(key, ...words));
}

/** @param {string} line */
function command(line) {
  return element("pre", { tabindex: "0" }, element("code", {}, line));
}

/**
 * @param {string} id
 * @param {string} key
 * @param {() => void} pressed
 */
function button(id, key, pressed) {
  const made = element("button", { type: "button", id }, message(key));
  made.addEventListener("click", pressed);
  return made;
}
