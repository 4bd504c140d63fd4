/**
 * The REST interface as the console uses it, in the form that openapi-typescript writes.
 * `npm run generate` replaces this file from the repository's openapi.json.
 */
type Json<T> = { content: { "application/json": T } };
type Page<T> = { items: T[]; next_cursor?: string | null };
type PathOf<P> = [P] extends [never] ? { path?: never } : { path: P };
type Get<R, Q = never, P = never> = {
  parameters: { query?: Q; header?: never; cookie?: never } & PathOf<P>;
  requestBody?: never;
  responses: { 200: Json<R>; default: { content: { "application/problem+json": S["Problem"] } } };
};
type Write<B, Ok, Q = never, P = never> = {
  parameters: { query?: Q; header?: { "If-Match"?: string }; cookie?: never } & PathOf<P>;
  requestBody: Json<B>;
  responses: Ok & { default: { content: { "application/problem+json": S["Problem"] } } };
};
type Empty = { content?: never };
type Id = { id: string };
type Cursor = { limit?: number; cursor?: string };
type S = components["schemas"];

export interface components {
  schemas: {
    Problem: {
      type: string;
      title: string;
      status: number;
      detail?: string | null;
      instance?: string | null;
      correlation_id?: string | null;
      context?: Record<string, unknown>;
    };
    Money: { minor: number; currency: string };
    Account: { id: string; email: string | null; name: string; role: string; operator: string; permissions: string[] };
    LoginRequest: { email: string; password: string };
    LoginResponse: { account: S["Account"]; csrf_token: string | null };
    ConnectorStatus: "Available" | "Occupied" | "Reserved" | "Unavailable" | "Faulted";
    StatusCounts: Partial<Record<S["ConnectorStatus"], number>>;
    Overview: {
      stations: { total: number; online: number; by_status: S["StatusCounts"] };
      connectors: S["StatusCounts"];
      sessions: { active: number; today: number };
      power_w: number;
      energy_today_wh: number;
      revenue_today: S["Money"][];
      power_history: { at: string; power_w: number }[];
    };
    Connector: {
      connector_number: number;
      type: string | null;
      status: S["ConnectorStatus"] | null;
      wire_status: string | null;
      error_code: string | null;
      vendor_error_code: string | null;
      info: string | null;
      status_at: string | null;
    };
    Evse: {
      evse_number: number;
      charging_state: string | null;
      power_w_max?: number | null;
      connectors: S["Connector"][];
    };
    ChargingStation: {
      id: string;
      identity: string;
      operator: string;
      location_id: string | null;
      vendor: string | null;
      model: string | null;
      serial_number: string | null;
      firmware_version: string | null;
      protocol: string | null;
      security_profile: number;
      registration: "accepted" | "pending" | "rejected";
      is_online: boolean;
      last_seen_at: string | null;
      status: S["ConnectorStatus"] | null;
      evses: S["Evse"][];
    };
    ChargingStationCreate: {
      identity: string;
      location_id?: string | null;
      security_profile?: number;
      password?: string | null;
      evses?: {
        evse_number: number;
        power_w_max?: number | null;
        connectors: { connector_number: number; type?: string | null }[];
      }[];
    };
    ChargingStationCreated: S["ChargingStation"] & { password: string | null };
    ChargingStationUpdate: {
      location_id?: string | null;
      registration?: "accepted" | "pending" | "rejected";
      security_profile?: number;
    };
    CommandState: "pending" | "sent" | "accepted" | "rejected" | "failed" | "timed_out" | "offline";
    CommandCreate: { type: string; [argument: string]: unknown };
    Command: {
      id: string;
      type: string;
      arguments: Record<string, unknown>;
      state: S["CommandState"];
      wire_status: string | null;
      effect: "done" | "scheduled" | "reboot_required" | "no_session" | null;
      result: unknown;
      requested_by: string | null;
      requested_at: string;
      finished_at: string | null;
    };
    CallCreate: { action: string; payload: Record<string, unknown>; timeout_s?: number };
    CallOutcome: {
      outcome: "result" | "error" | "timed_out" | "offline";
      payload?: unknown;
      error?: { code: string; description: string; details: unknown } | null;
    };
    OcppMessage: {
      at: string;
      direction: "in" | "out";
      kind: "call" | "result" | "error";
      message_id: string;
      action: string | null;
      payload: unknown;
    };
    Variable: {
      component?: string | null;
      variable?: string | null;
      key?: string | null;
      value: string | null;
      is_readonly?: boolean | null;
      updated_at?: string | null;
    };
    SessionState: "pending" | "active" | "ended";
    CostLine: {
      description: string;
      quantity: string;
      unit: string;
      unit_price: string;
      vat_percent: string;
      amount: S["Money"];
    };
    Session: {
      id: string;
      visit_id: string;
      transaction_id: string | null;
      station_id: string;
      station_identity: string;
      location_id: string | null;
      protocol: string;
      evse_number: number | null;
      connector_number: number | null;
      id_token: string | null;
      state: S["SessionState"];
      started_at: string;
      ended_at: string | null;
      charging_ended_at: string | null;
      unplugged_at: string | null;
      stop_reason: string | null;
      meter_start_wh: number | null;
      meter_stop_wh: number | null;
      energy_wh: number;
      charging_state: string | null;
      last_report_at: string;
      power_w: number | null;
      soc_percent: number | null;
      is_cost_final: boolean;
      cost: S["Money"] | null;
      cost_excl_vat: S["Money"] | null;
      cost_lines: S["CostLine"][];
      tariff_id: string | null;
      review: string[];
    };
    Sample: {
      at: string;
      received_at: string;
      context: string | null;
      location: string | null;
      energy_wh: number | null;
      power_w: number | null;
      current_a: number | null;
      voltage_v: number | null;
      soc_percent: number | null;
      phases: Record<string, Record<string, number>> | null;
      extra: Record<string, unknown> | null;
      signed: unknown[] | null;
    };
    IdTokenStatus: "accepted" | "blocked" | "expired" | "invalid";
    IdToken: {
      id: string;
      value: string;
      kind: string | null;
      status: S["IdTokenStatus"];
      expires_at: string | null;
      group: string | null;
      user_id: string | null;
      concurrent_max: number | null;
      created_at: string;
      updated_at: string;
    };
    IdTokenCreate: {
      value: string;
      kind?: string | null;
      status?: S["IdTokenStatus"];
      expires_at?: string | null;
      group?: string | null;
      concurrent_max?: number | null;
    };
    Assignment: { kind: "operator" | "location" | "station" | "evse"; id?: string | null };
    TariffCreate: {
      name: string;
      currency: string;
      start_fee: string;
      price_per_kwh: string;
      price_per_minute: string;
      vat_percent: string;
    };
    Tariff: S["TariffCreate"] & { id: string; version: number; targets: S["Assignment"][] };
    LocationCreate: {
      name: string;
      address?: string | null;
      city?: string | null;
      postal_code?: string | null;
      country?: string | null;
      time_zone: string;
      latitude?: number | null;
      longitude?: number | null;
    };
    Location: S["LocationCreate"] & { id: string };
  };
}

export interface paths {
  "/api/v1/login": { post: Write<S["LoginRequest"], { 200: Json<S["LoginResponse"]> }> };
  "/api/v1/logout": { post: Omit<Write<never, { 204: Empty }>, "requestBody"> };
  "/api/v1/me": { get: Get<S["LoginResponse"]> };
  "/api/v1/overview": { get: Get<S["Overview"], { since?: string }> };
  "/api/v1/charging-stations": {
    get: Get<
      Page<S["ChargingStation"]>,
      Cursor & { identity?: string; location_id?: string; is_online?: boolean; status?: S["ConnectorStatus"]; text?: string }
    >;
    post: Write<S["ChargingStationCreate"], { 201: Json<S["ChargingStationCreated"]> }>;
  };
  "/api/v1/charging-stations/{id}": {
    get: Get<S["ChargingStation"], never, Id>;
    patch: Write<S["ChargingStationUpdate"], { 200: Json<S["ChargingStation"]> }, never, Id>;
  };
  "/api/v1/charging-stations/{id}/commands": {
    get: Get<Page<S["Command"]>, Cursor, Id>;
    post: Write<S["CommandCreate"], { 200: Json<S["Command"]>; 202: Json<S["Command"]> }, { wait_s?: number }, Id>;
  };
  "/api/v1/charging-stations/{id}/calls": { post: Write<S["CallCreate"], { 200: Json<S["CallOutcome"]> }, never, Id> };
  "/api/v1/charging-stations/{id}/messages": {
    get: Get<Page<S["OcppMessage"]>, Cursor & { action?: string; since?: string; until?: string; text?: string }, Id>;
  };
  "/api/v1/charging-stations/{id}/variables": { get: Get<Page<S["Variable"]>, Cursor, Id> };
  "/api/v1/commands/{id}": { get: Get<S["Command"], never, Id> };
  "/api/v1/sessions": {
    get: Get<
      Page<S["Session"]>,
      Cursor & {
        station_identity?: string;
        location_id?: string;
        station_id?: string;
        id_token?: string;
        state?: S["SessionState"];
        since?: string;
        until?: string;
      }
    >;
  };
  "/api/v1/sessions/{id}": { get: Get<S["Session"], never, Id> };
  "/api/v1/sessions/{id}/samples": { get: Get<Page<S["Sample"]>, Cursor, Id> };
  "/api/v1/sessions/{id}/stop": {
    post: Omit<Write<never, { 200: Json<S["Command"]>; 202: Json<S["Command"]> }, { wait_s?: number }, Id>, "requestBody">;
  };
  "/api/v1/id-tokens": {
    get: Get<Page<S["IdToken"]>, Cursor & { value?: string }>;
    post: Write<S["IdTokenCreate"], { 201: Json<S["IdToken"]> }>;
  };
  "/api/v1/id-tokens/{id}": { patch: Write<{ status?: S["IdTokenStatus"] }, { 200: Json<S["IdToken"]> }, never, Id> };
  "/api/v1/tariffs": {
    get: Get<Page<S["Tariff"]>, Cursor>;
    post: Write<S["TariffCreate"], { 201: Json<S["Tariff"]> }>;
  };
  "/api/v1/tariffs/{id}/assignments": {
    put: Write<{ targets: S["Assignment"][] }, { 200: Json<S["Tariff"]> }, never, Id>;
  };
  "/api/v1/locations": {
    get: Get<Page<S["Location"]>, Cursor>;
    post: Write<S["LocationCreate"], { 201: Json<S["Location"]> }>;
  };
}
