import { COMMANDS, type BulkOrder, type BulkOrderCreate, type BulkStation, type SavedView, type SavedViewCreate } from "@voltway/api";
import { http, HttpResponse, type HttpHandler } from "msw";
import { uuid, type Network } from "./network.ts";

const BASE = "*/api/v1";
const NOW = "2026-11-26T12:00:00Z";
const NONE = { waiting: 0, ordered: 0, accepted: 0, rejected: 0, failed: 0, timed_out: 0, offline: 0, skipped: 0 };

/** Saved views, and orders for many stations that end as soon as they are given. */
export function workbenchHandlers(network: Network): HttpHandler[] {
  let views: SavedView[] = [];
  const orders: { order: BulkOrder; stations: BulkStation[] }[] = [];
  const found = (id: unknown) => orders.find(({ order }) => order.id === id);
  return [
    http.get(`${BASE}/me/saved-views`, ({ request }) => {
      const list = new URL(request.url).searchParams.get("list_name");
      return HttpResponse.json({ items: views.filter((view) => view.list_name === list) });
    }),
    http.put(`${BASE}/me/saved-views`, async ({ request }) => {
      const body = (await request.json()) as SavedViewCreate;
      const view = { ...body, id: uuid("00a", views.length + 1), created_at: NOW };
      views = [...views.filter(({ name }) => name !== body.name), view];
      return HttpResponse.json(view);
    }),
    http.delete(`${BASE}/me/saved-views/:id`, ({ params }) => {
      views = views.filter(({ id }) => id !== params.id);
      return new HttpResponse(null, { status: 204 });
    }),
    // Nobody in the mock has an account of their own.
    http.get(`${BASE}/sessions/:id/driver`, () => HttpResponse.json({ driver_id: null })),
    http.get(`${BASE}/charging-stations/:id/command-types`, ({ params }) => {
      const station = network.stations.find(({ id }) => id === params.id);
      const items = Object.keys(COMMANDS).map((type) => {
        const reason = type === "clear_cache" && station?.protocol === "ocpp2.1" ? `${station.identity} has no authorisation cache.` : null;
        return { type, is_possible: reason === null, reason };
      });
      return HttpResponse.json({ items });
    }),
    http.get(`${BASE}/bulk-orders`, () => HttpResponse.json({ items: orders.map(({ order }) => order), next_cursor: null })),
    http.post(`${BASE}/bulk-orders`, async ({ request }) => {
      const { station_ids, ...body } = (await request.json()) as BulkOrderCreate;
      const stations = network.stations
        .filter(({ id }) => station_ids.includes(id))
        .map((station) => ({
          station_id: station.id,
          station_identity: station.identity,
          state: station.is_online ? ("accepted" as const) : ("offline" as const),
          ...{ detail: station.is_online ? "Accepted" : null, command_id: null, ordered_at: NOW, ended_at: NOW },
        }));
      const counts = { ...NONE };
      for (const { state } of stations) counts[state] += 1;
      const order = { id: uuid("00b", orders.length + 1), ...body, reason: body.reason ?? null, arguments: body.arguments ?? {}, created_by: "Ada Berg", created_at: NOW, counts };
      orders.unshift({ order, stations });
      return HttpResponse.json(order, { status: 201 });
    }),
    http.get(`${BASE}/bulk-orders/:id`, ({ params }) => HttpResponse.json(found(params.id)?.order)),
    http.get(`${BASE}/bulk-orders/:id/stations`, ({ params }) => HttpResponse.json({ items: found(params.id)?.stations ?? [], next_cursor: null })),
  ];
}
