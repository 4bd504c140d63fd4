import { createMemoryHistory } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http } from "msw";
import { App } from "../src/app/App.tsx";
import { createHandlers } from "../src/mocks/handlers.ts";
import { createNetwork, type Network } from "../src/mocks/network.ts";
import { server } from "./server.ts";

interface Options {
  network?: Network;
  isLoggedIn?: boolean;
}

/** Opens the console at an address, over a network in memory, with a live feed that the test writes. */
export function openConsole(path: string, { network = createNetwork(), isLoggedIn = true }: Options = {}) {
  const feed = liveFeed();
  server.use(...createHandlers(network, { isLoggedIn }), feed.handler);
  const history = createMemoryHistory({ initialEntries: [path] });
  render(<App history={history} />);
  return { user: userEvent.setup({ delay: null }), network, history, send: feed.send, breakLine: feed.breakLine };
}

function liveFeed() {
  const encoder = new TextEncoder();
  const lines = new Set<ReadableStreamDefaultController<Uint8Array>>();
  let isBroken = false;
  const handler = http.get("*/api/v1/live", () => {
    if (isBroken) return new Response(null, { status: 503 });
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        lines.add(controller);
        controller.enqueue(encoder.encode(": connected\n\n"));
      },
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  });
  return {
    handler,
    send: (event: string, payload: object) => {
      for (const line of lines) line.enqueue(encoder.encode(`event: ${event}\ndata: ${JSON.stringify(payload)}\n\n`));
    },
    breakLine: () => {
      isBroken = true;
      for (const line of lines) line.close();
      lines.clear();
    },
  };
}
