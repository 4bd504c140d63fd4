import type { CommandCreate, IdTokenCreate, LocationCreate, Page, Session, Tariff } from "@voltway/api";
import { http, HttpResponse, type HttpHandler } from "msw";
import { createNetwork, uuid, type Network } from "./network.ts";
import { overviewOf } from "./overview.ts";
import { mapHandlers } from "./map.ts";
import { fleetHandlers } from "./fleets.ts";
import { workbenchHandlers } from "./workbench.ts";
import { timelineOf } from "./timeline.ts";
import { peopleHandlers } from "./people.ts";

const BASE = "*/api/v1";
export const LOGIN = { email: "admin@voltway.example", password: "demo" };
/** Of somebody with an authenticator app. */
export const SECOND_FACTOR = { password: "with a second step", code: "123456" };

const PERMISSIONS = [
  ...["stations:read", "stations:write", "commands:send", "sessions:read", "tokens:read", "tokens:write", "tariffs:read", "tariffs:write"],
  ...["locations:read", "locations:write", "members:read", "members:write", "incidents:read", "incidents:write", "audit:read"],
  ...["security:read", "security:write", "mails:read", "live:read", "fleets:read", "fleets:manage", "fleets:write", "admin"],
];

const ACCOUNT = {
  account: { id: uuid("009", 1), email: LOGIN.email, name: "Ada Berg", role: "operator_admin", operator: "default", permissions: PERMISSIONS },
  csrf_token: "csrf-of-the-mock",
};

function problem(status: number, title: string, detail: string) {
  return HttpResponse.json(
    { type: `/problems/${title.toLowerCase().replaceAll(" ", "-")}`, title, status, detail, instance: "/api/v1", correlation_id: "mock" },
    { status, headers: { "Content-Type": "application/problem+json" } },
  );
}

const notFound = () => problem(404, "Not found", "There is no such thing, or it is not yours.");

/** One page of a list by the cursor rules of the interface; the cursor is the offset. */
function page<T>(items: T[], request: Request): Page<T> {
  const query = new URL(request.url).searchParams;
  const start = Number(query.get("cursor") ?? 0);
  const end = start + Number(query.get("limit") ?? 50);
  return { items: items.slice(start, end), next_cursor: end < items.length ? String(end) : null };
}

/** The interface over a network in memory. Writes need the token of the log-in, as on the real server. */
export function createHandlers(network: Network = createNetwork(), { isLoggedIn = true } = {}): HttpHandler[] {
  let loggedIn = isLoggedIn;
  const stationOf = (id: unknown) => network.stations.find((station) => station.id === id);
  const lacksToken = (request: Request) => request.headers.get("X-CSRF-Token") !== ACCOUNT.csrf_token;
  const refused = () => problem(403, "CSRF token missing", "Send X-CSRF-Token with the session's token.");

  return [
    ...mapHandlers(network),
    ...workbenchHandlers(network),
    ...fleetHandlers(network),
    http.post(`${BASE}/login`, async ({ request }) => {
      const body = (await request.json()) as typeof LOGIN;
      if (body.password === SECOND_FACTOR.password) {
        const needed = { type: "/problems/second-factor-required", title: "Second factor needed", status: 401, detail: "A second factor." };
        return HttpResponse.json({ ...needed, context: { ticket: "ticket", methods: ["totp"] } }, { status: 401 });
      }
      if (body.password !== LOGIN.password) return problem(401, "Not logged in", "E-mail or password is wrong.");
      loggedIn = true;
      return HttpResponse.json(ACCOUNT);
    }),
    http.post(`${BASE}/login/second-factor`, async ({ request }) => {
      const body = (await request.json()) as { ticket: string; code?: string };
      if (body.ticket !== "ticket" || body.code !== SECOND_FACTOR.code) return problem(401, "Not logged in", "The code is wrong.");
      loggedIn = true;
      return HttpResponse.json(ACCOUNT);
    }),
    http.post(`${BASE}/logout`, () => {
      loggedIn = false;
      return new HttpResponse(null, { status: 204 });
    }),
    http.get(`${BASE}/me`, () => (loggedIn ? HttpResponse.json(ACCOUNT) : problem(401, "Not logged in", "Log in first."))),
    http.get(`${BASE}/overview`, () => HttpResponse.json(overviewOf(network))),

    http.get(`${BASE}/charging-stations`, ({ request }) => {
      const query = new URL(request.url).searchParams;
      const text = query.get("text")?.toLowerCase();
      const found = network.stations.filter(
        (station) =>
          (!text || [station.identity, station.vendor, station.model].join(" ").toLowerCase().includes(text)) &&
          (!query.has("identity") || station.identity === query.get("identity")) &&
          (!query.has("is_online") || String(station.is_online) === query.get("is_online")) &&
          (!query.has("status") || station.evses.some(({ connectors }) => connectors.some(({ status }) => status === query.get("status")))) &&
          (!query.has("location_id") || station.location_id === query.get("location_id")),
      );
      const byIdentity = (one: { identity: string }, other: { identity: string }) => one.identity.localeCompare(other.identity);
      if (query.get("sort") === "identity") found.sort(byIdentity);
      return HttpResponse.json(page(found, request));
    }),
    http.post(`${BASE}/charging-stations`, async ({ request }) => {
      if (lacksToken(request)) return refused();
      const body = (await request.json()) as { identity: string; security_profile?: number; location_id?: string | null };
      if (network.stations.some(({ identity }) => identity.toLowerCase() === body.identity.toLowerCase())) {
        return problem(409, "Identity taken", `A station with the identity ${body.identity} exists already.`);
      }
      const template = network.stations[0];
      if (!template) return notFound();
      const station = {
        ...template,
        id: uuid("001", 100 + network.stations.length),
        identity: body.identity,
        location_id: body.location_id ?? null,
        security_profile: body.security_profile ?? 1,
        ...{ vendor: null, model: null, protocol: null, is_online: false, last_seen_at: null, status: null, evses: [] },
      };
      network.stations.unshift(station);
      return HttpResponse.json({ ...station, password: body.security_profile === 0 ? null : "k7Vw-9tQe-32Rm-xLpA" }, { status: 201 });
    }),
    http.get(`${BASE}/charging-stations/:id`, ({ params }) => {
      const station = stationOf(params.id);
      return station ? HttpResponse.json(station) : notFound();
    }),
    http.patch(`${BASE}/charging-stations/:id`, async ({ params, request }) => {
      if (lacksToken(request)) return refused();
      const station = stationOf(params.id);
      if (!station) return notFound();
      return HttpResponse.json(Object.assign(station, await request.json()));
    }),
    http.get(`${BASE}/charging-stations/:id/timeline`, ({ params, request }) => {
      const station = stationOf(params.id);
      if (!station) return notFound();
      const at = new URL(request.url).searchParams.get("at");
      return HttpResponse.json(timelineOf(station, network.messages[station.id] ?? [], at));
    }),
    http.get(`${BASE}/charging-stations/:id/commands`, ({ params, request }) =>
      HttpResponse.json(page(network.commands[String(params.id)] ?? [], request)),
    ),
    http.post(`${BASE}/charging-stations/:id/commands`, async ({ params, request }) => {
      if (lacksToken(request)) return refused();
      const station = stationOf(params.id);
      if (!station) return notFound();
      const { type, ...args } = (await request.json()) as CommandCreate;
      const now = new Date().toISOString();
      const command = {
        id: uuid("006", Object.values(network.commands).flat().length),
        station_id: station.id,
        type,
        arguments: args,
        state: station.is_online ? ("accepted" as const) : ("offline" as const),
        wire_status: station.is_online ? "Accepted" : null,
        effect: type === "reset" ? ("scheduled" as const) : null,
        result: {},
        requested_by: LOGIN.email,
        requested_at: now,
        finished_at: now,
      };
      network.commands[station.id] = [command, ...(network.commands[station.id] ?? [])];
      return HttpResponse.json(command);
    }),
    http.post(`${BASE}/charging-stations/:id/calls`, () => HttpResponse.json({ outcome: "result", payload: { status: "Accepted" } })),
    http.get(`${BASE}/charging-stations/:id/messages`, ({ params, request }) => {
      const query = new URL(request.url).searchParams;
      const action = query.get("action")?.toLowerCase();
      const text = query.get("text")?.toLowerCase();
      const found = (network.messages[String(params.id)] ?? []).filter(
        (message) =>
          (!action || message.action?.toLowerCase() === action) &&
          (!text || JSON.stringify(message).toLowerCase().includes(text)) &&
          message.direction === (query.get("direction") ?? message.direction) &&
          message.kind === (query.get("kind") ?? message.kind) &&
          (!query.has("until") || message.at < (query.get("until") ?? "")),
      );
      return HttpResponse.json(page(found, request));
    }),
    http.get(`${BASE}/charging-stations/:id/variables`, ({ params, request }) =>
      HttpResponse.json(page(network.variables[String(params.id)] ?? [], request)),
    ),

    http.get(`${BASE}/sessions`, ({ request }) => {
      const query = new URL(request.url).searchParams;
      const since = query.get("since");
      const found = network.sessions.filter(
        (session) =>
          matches(session, "station_identity", query) &&
          (!query.has("awaits_review") || session.awaits_review) &&
          matches(session, "station_id", query) &&
          matches(session, "id_token", query) &&
          matches(session, "state", query) &&
          (since === null || session.started_at >= since),
      );
      return HttpResponse.json(page(found, request));
    }),
    http.get(`${BASE}/sessions/:id`, ({ params }) => {
      const session = network.sessions.find(({ id }) => id === params.id);
      return session ? HttpResponse.json(session) : notFound();
    }),
    http.get(`${BASE}/sessions/:id/samples`, ({ params, request }) =>
      HttpResponse.json(page((network.samples[String(params.id)] ?? []).toReversed(), request)),
    ),
    http.post(`${BASE}/sessions/:id/stop`, ({ params, request }) => {
      if (lacksToken(request)) return refused();
      const session = network.sessions.find(({ id }) => id === params.id);
      if (!session) return notFound();
      const at = new Date().toISOString();
      Object.assign(session, { state: "ended", ended_at: at, stop_reason: "Remote", power_w: null });
      const command = { id: uuid("006", 900), type: "stop_transaction", arguments: { session_id: session.id }, state: "accepted" };
      return HttpResponse.json({ ...command, wire_status: "Accepted", effect: null, result: {}, requested_by: null, requested_at: at, finished_at: at });
    }),

    http.get(`${BASE}/charging-stations/:id/drift`, () => HttpResponse.json({ template_id: null, template_name: null, differences: [] })),
    http.get(`${BASE}/provisioning-templates`, ({ request }) => HttpResponse.json(page([], request))),
    http.get(`${BASE}/search`, ({ request }) => {
      const text = new URL(request.url).searchParams.get("text")?.toLowerCase() ?? "";
      const items = network.stations
        .filter(({ identity }) => identity.toLowerCase().includes(text))
        .map(({ id, identity, vendor, is_online }) => ({ kind: "station", id, title: identity, hint: vendor, state: is_online ? "online" : "offline" }));
      return HttpResponse.json({ items });
    }),
    http.get(`${BASE}/tickets`, ({ request }) => HttpResponse.json(page([], request))),
    http.get(`${BASE}/firmware-campaigns`, ({ request }) => HttpResponse.json(page([], request))),

    ...listHandlers(network),
    ...peopleHandlers(),
  ];
}

function matches(session: Session, field: "station_identity" | "station_id" | "id_token" | "state", query: URLSearchParams): boolean {
  return !query.has(field) || session[field] === query.get(field);
}

function listHandlers(network: Network): HttpHandler[] {
  return [
    http.get(`${BASE}/locations`, ({ request }) => HttpResponse.json(page(network.locations, request))),
    http.post(`${BASE}/locations`, async ({ request }) => {
      const empty = { address: null, city: null, postal_code: null, country: null, latitude: null, longitude: null };
      const body = (await request.json()) as LocationCreate;
      const shown = { access: null, opening_hours: null, help_phone: null, directions: null, facilities: [] };
      const made = { id: uuid("000", network.locations.length), created_at: new Date().toISOString() };
      const location = { ...empty, ...shown, ...body, ...made } as Network["locations"][number];
      network.locations.unshift(location);
      return HttpResponse.json(location, { status: 201 });
    }),
    http.get(`${BASE}/tariffs`, ({ request }) => HttpResponse.json(page(network.tariffs, request))),
    http.post(`${BASE}/tariffs`, async ({ request }) => {
      const id = uuid("005", network.tariffs.length);
      const tariff = { ...((await request.json()) as Omit<Tariff, "id" | "version" | "targets">), id, version: 1, targets: [] };
      network.tariffs.unshift(tariff);
      return HttpResponse.json(tariff, { status: 201 });
    }),
    http.put(`${BASE}/tariffs/:id/assignments`, async ({ params, request }) => {
      const body = (await request.json()) as { targets: { kind: "operator" | "location"; id?: string }[] };
      const tariff = network.tariffs.find(({ id }) => id === params.id);
      if (!tariff) return notFound();
      tariff.targets = body.targets;
      return HttpResponse.json(tariff);
    }),
    http.get(`${BASE}/id-tokens`, ({ request }) => {
      const value = new URL(request.url).searchParams.get("value")?.toLowerCase() ?? "";
      return HttpResponse.json(page(network.idTokens.filter((token) => value === "" || token.value.toLowerCase() === value), request));
    }),
    http.post(`${BASE}/id-tokens`, async ({ request }) => {
      const body = (await request.json()) as IdTokenCreate;
      const empty = {
        ...{ kind: null, status: "accepted" as const, expires_at: null, group: null, user_id: null, concurrent_max: null },
        ...{ energy_transfer_modes: null, language: null, location_ids: null, message: null },
        ...{ balance: null, connector_types: null, session_limit: null, valid_hours: null },
        ...{ quota: null, name: null, lost_at: null },
      };
      const now = new Date().toISOString();
      const token = { ...empty, ...body, id: uuid("004", network.idTokens.length), created_at: now, updated_at: now };
      network.idTokens.unshift(token);
      return HttpResponse.json(token, { status: 201 });
    }),
    http.get(`${BASE}/mails`, ({ request }) => {
      const state = new URL(request.url).searchParams.get("state");
      return HttpResponse.json(page(network.mails.filter((mail) => state === null || mail.state === state), request));
    }),
    http.get(`${BASE}/mails/:id`, ({ params }) => {
      const mail = network.mails.find(({ id }) => id === params.id);
      return mail ? HttpResponse.json(mail) : notFound();
    }),
    http.post(`${BASE}/mails/:id/retry`, ({ params }) => {
      const mail = network.mails.find(({ id }) => id === params.id);
      if (!mail) return notFound();
      return HttpResponse.json(Object.assign(mail, { state: "queued" as const, can_retry: false }));
    }),
    http.patch(`${BASE}/id-tokens/:id`, async ({ params, request }) => {
      const token = network.idTokens.find(({ id }) => id === params.id);
      if (!token) return notFound();
      return HttpResponse.json(Object.assign(token, await request.json()));
    }),
  ];
}
