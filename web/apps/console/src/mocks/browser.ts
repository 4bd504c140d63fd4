import { setupWorker } from "msw/browser";
import { createHandlers } from "./handlers.ts";
import { createLiveHandler } from "./live.ts";
import { createNetwork } from "./network.ts";

/** Answers every request of the page from memory, for work without a server. */
export async function startMocks(): Promise<void> {
  const network = createNetwork();
  const worker = setupWorker(...createHandlers(network), createLiveHandler(network));
  await worker.start({ onUnhandledRequest: "bypass", quiet: true });
}
