// Whether the server is there, and what to do where it is not; the same in the popup and the options.
import { toBackground } from "../shared/messages.js";
import { byId } from "./element.js";
import { failureBody, failureTitle } from "./failure.js";
import { message } from "./localise.js";

const server = byId("server", HTMLElement);
const status = byId("server-status", HTMLElement);
const help = byId("server-help", HTMLElement);

export async function showServer() {
  status.textContent = message("serverAsking");
  help.replaceChildren();
  /** @type {ServerState} */
  const state = await toBackground({ type: "server" });
  server.dataset.state = state.kind;
  if (state.kind === "up") {
    status.textContent = message("serverUp", state.model.name, state.model.version);
    return;
  }
  status.textContent = failureTitle(state);
  help.append(...failureBody(state, state.port, showServer));
}
