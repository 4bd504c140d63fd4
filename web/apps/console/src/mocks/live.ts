import { http, type HttpHandler } from "msw";
import type { Network } from "./network.ts";

const TICK_MS = 2_000;

/** A live feed that lets the running sessions charge on, a little every tick. */
export function createLiveHandler(network: Network): HttpHandler {
  return http.get("*/api/v1/live", ({ request }) => {
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        const send = (event: string, payload: object) => {
          controller.enqueue(encoder.encode(`event: ${event}\ndata: ${JSON.stringify(payload)}\n\n`));
        };
        controller.enqueue(encoder.encode(": keep-alive\n\n"));
        const timer = setInterval(() => {
          tick(network, send);
        }, TICK_MS);
        request.signal.addEventListener("abort", () => {
          clearInterval(timer);
        });
      },
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  });
}

function tick({ sessions, stations, messages }: Network, send: (event: string, payload: object) => void): void {
  const at = new Date().toISOString();
  for (const session of sessions.filter(({ state }) => state === "active")) {
    session.power_w = Math.round((session.power_w ?? 0) * (0.98 + Math.random() * 0.04));
    session.energy_wh += Math.round((session.power_w * TICK_MS) / 3_600_000);
    const { id, station_identity, state, energy_wh, power_w } = session;
    send("session.changed", { id, at, station_identity, state, energy_wh, power_w });
  }
  const station = stations[Math.floor(Math.random() * 6)];
  if (!station) return;
  station.last_seen_at = at;
  messages[station.id]?.unshift({ id: at, at, direction: "in", kind: "call", message_id: at, action: "Heartbeat", payload: {} });
  send("message.logged", { id: station.id, at });
  send("station.changed", { id: station.id, at, station_identity: station.identity, what: "status", evse_number: 1, connector_number: 1, status: station.status });
}
