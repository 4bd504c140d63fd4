import type { FleetCreate, FleetDetails, FleetLimit, FleetLimitUse, FleetStatementLine, VehicleCreate } from "@voltway/api";
import { http, HttpResponse, type HttpHandler } from "msw";
import { uuid, type Network } from "./network.ts";

const BASE = "*/api/v1/fleets";
const SINCE = "2026-11-01T00:00:00Z";
const empty = () => new HttpResponse(null, { status: 204 });

/** One fleet with a van that has charged, and what may be done with it. */
export function fleetHandlers(network: Network): HttpHandler[] {
  const centre = { id: uuid("00d", 1), code: "4711", name: "Parcels" };
  const van = { id: uuid("00d", 2), plate: "HH-VW 1", name: "Van", battery_wh: 77_000, cost_centre_id: centre.id };
  const limit: FleetLimit = { kind: "fleet", target_id: null, span: "month", energy_wh: 100_000, amount_minor: null, currency: null };
  const fleet: FleetDetails = {
    ...{ id: uuid("00d", 0), name: "Parcels North", time_zone: "Europe/Berlin", created_at: SINCE },
    ...{ manager_ids: [], managers: [], cost_centres: [centre], vehicles: [van], limits: [limit] },
    members: network.idTokens.slice(0, 1).map(({ id, value, kind }) => ({ id_token_id: id, token: value, token_kind: kind, vehicle_id: van.id, cost_centre_id: null })),
  };
  let fleets = [fleet];
  const used = (one: FleetLimit): FleetLimitUse => {
    const isEnergy = one.energy_wh != null;
    return { ...one, since: SINCE, used_wh: isEnergy ? 42_000 : null, used_minor: isEnergy ? null : 2_100 };
  };
  const line: FleetStatementLine = {
    ...{ cost_centre_id: centre.id, cost_centre: centre.code, vehicle_id: van.id, plate: van.plate },
    ...{ sessions: 3, energy_wh: 42_000, currency: "EUR", excl_vat_minor: 1_765, incl_vat_minor: 2_100 },
  };
  const of = (id: unknown) => fleets.find((one) => one.id === id) ?? fleet;
  const summary = ({ id, name, time_zone, created_at, members, vehicles, limits }: FleetDetails) => ({
    ...{ id, name, time_zone, created_at, members: members.length, vehicles: vehicles.length },
    limits: limits.filter(({ kind }) => kind === "fleet").map(used),
  });

  return [
    http.get(BASE, () => HttpResponse.json({ items: fleets.map(summary), next_cursor: null })),
    http.post(BASE, async ({ request }) => {
      const nothing = { manager_ids: [], managers: [], cost_centres: [], vehicles: [], members: [], limits: [] };
      const made = { ...nothing, ...((await request.json()) as FleetCreate), id: uuid("00d", 10 + fleets.length), created_at: SINCE };
      fleets = [made, ...fleets];
      return HttpResponse.json(made, { status: 201 });
    }),
    http.get(`${BASE}/:id`, ({ params }) => HttpResponse.json(of(params.id))),
    http.put(`${BASE}/:id`, async ({ params, request }) => HttpResponse.json(Object.assign(of(params.id), await request.json()))),
    http.delete(`${BASE}/:id`, ({ params }) => {
      fleets = fleets.filter(({ id }) => id !== params.id);
      return empty();
    }),
    http.post(`${BASE}/:id/vehicles`, async ({ params, request }) => {
      const vehicle = { ...((await request.json()) as VehicleCreate), id: uuid("00d", 20 + of(params.id).vehicles.length) };
      of(params.id).vehicles.push(vehicle);
      return HttpResponse.json(vehicle, { status: 201 });
    }),
    http.delete(`${BASE}/:id/members/:token`, ({ params }) => {
      const found = of(params.id);
      found.members = found.members.filter(({ id_token_id }) => id_token_id !== params.token);
      return empty();
    }),
    http.get(`${BASE}/:id/limits`, ({ params }) => HttpResponse.json({ items: of(params.id).limits.map(used) })),
    http.put(`${BASE}/:id/limits`, async ({ params, request }) => {
      const body = (await request.json()) as { items: FleetLimit[] };
      of(params.id).limits = body.items;
      return HttpResponse.json(body);
    }),
    http.get(`${BASE}/:id/statement`, ({ request }) => {
      const month = new URL(request.url).searchParams.get("month");
      return HttpResponse.json({ month, since: SINCE, until: SINCE, lines: [line] });
    }),
  ];
}
