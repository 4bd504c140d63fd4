import { setupWorker } from "msw/browser";
import { createHandlers } from "./handlers.ts";
import { createLiveHandler } from "./live.ts";
import { createNetwork } from "./network.ts";

const LOGGED_IN_KEY = "voltway.mock.loggedIn";

/** Answers every request of the page from memory, for work without a server. */
export async function startMocks(): Promise<void> {
  const network = createNetwork();
  const isLoggedIn = sessionStorage.getItem(LOGGED_IN_KEY) !== "no";
  const worker = setupWorker(...createHandlers(network, { isLoggedIn }), createLiveHandler(network));
  await worker.start({ onUnhandledRequest: "bypass", quiet: true });
}
