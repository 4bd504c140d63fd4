/** A small network for development and tests: typed by the interface, made anew for each start. */
import type { ChargingStation, Command, ConnectorStatus, Evse, IdToken, Location, MailWithText, OcppMessage, Sample, Session, Tariff, Variable } from "@voltway/api";

import { ago } from "./ago.ts";
import { someMessages, someVariables } from "./stationRecords.ts";

export interface Network {
  locations: Location[];
  stations: ChargingStation[];
  sessions: Session[];
  samples: Record<string, Sample[]>;
  idTokens: IdToken[];
  mails: MailWithText[];
  tariffs: Tariff[];
  commands: Record<string, Command[]>;
  messages: Record<string, OcppMessage[]>;
  variables: Record<string, Variable[]>;
}

export const uuid = (group: string, number: number) => `0192a000-0000-7000-8${group}-${String(number).padStart(12, "0")}`;

const MODELS = [
  { vendor: "Nordlader", model: "Terra 150", protocol: "ocpp2.0.1", power_w: 150_000, type: "cCCS2" },
  { vendor: "Wallquelle", model: "W22 Duo", protocol: "ocpp1.6", power_w: 22_000, type: "sType2" },
  { vendor: "Stromhaus", model: "H50", protocol: "ocpp2.1", power_w: 50_000, type: "cCCS2" },
] as const;

const SITES = [
  { name: "Hafen West", address: "Kaistraße 12", postal_code: "20457", city: "Hamburg", prefix: "HAM" },
  { name: "Marktgarage", address: "Am Markt 3", postal_code: "04109", city: "Leipzig", prefix: "LEJ" },
  { name: "Rasthof Elm", address: "A 2, km 141", postal_code: "38154", city: "Königslutter", prefix: "ELM" },
] as const;

const WIRE_WORD: Partial<Record<string, string>> = { Occupied: "Charging", Unavailable: "Unavailable" };

export function aStation(number: number, changes: Partial<ChargingStation> = {}): ChargingStation {
  const model = MODELS[number % MODELS.length] ?? MODELS[0];
  const site = SITES[number % SITES.length] ?? SITES[0];
  return {
    id: uuid("001", number),
    identity: `${site.prefix}-${String(number + 1).padStart(2, "0")}`,
    operator: "default",
    name: null,
    location_id: uuid("000", number % SITES.length),
    vendor: model.vendor,
    model: model.model,
    serial_number: `SN${10_400 + number * 37}`,
    firmware_version: "3.4.1",
    ...{ iccid: null, imsi: null, meter_type: null, meter_serial_number: null, connector_map: null, retired_at: null },
    protocol: model.protocol,
    security_profile: 1,
    ...{ is_password_changing: false, is_password_weak: false, has_factory_password: false, open_until: null, quarantined_at: null },
    security_profile_target: null,
    registration: "accepted",
    is_online: true,
    last_seen_at: ago(number * 3 + 2),
    connected_at: ago(7_400 + number * 900),
    disconnected_at: null,
    remote_address: `10.20.0.${number + 11}`,
    booted_at: ago(7_380 + number * 900),
    boot_reason: null,
    created_at: ago(900_000),
    status: "Available",
    evses: [anEvse(1, "Available", model), anEvse(2, "Available", model)],
    ...changes,
  };
}

function anEvse(number: number, status: ConnectorStatus, { type, power_w, protocol }: (typeof MODELS)[number]): Evse {
  return {
    evse_number: number,
    charging_state: status === "Occupied" && protocol !== "ocpp1.6" ? "Charging" : null,
    power_w_max: power_w,
    connectors: [
      {
        connector_number: 1,
        type,
        status,
        wire_status: protocol === "ocpp1.6" ? (WIRE_WORD[status] ?? status) : status,
        error_code: status === "Faulted" ? "GroundFailure" : null,
        vendor_error_code: status === "Faulted" ? "E-417" : null,
        info: null,
        status_at: ago(260 * number),
      },
    ],
  };
}

export function aSession(number: number, changes: Partial<Session> = {}): Session {
  const energy_wh = changes.energy_wh ?? 9_640;
  const energy_minor = Math.round((energy_wh / 1000) * 55);
  const net_minor = 35 + energy_minor;
  return {
    id: uuid("002", number),
    visit_id: uuid("003", number),
    transaction_id: String(481_516_234 + number * 7_919),
    station_id: uuid("001", 0),
    station_identity: "HAM-01",
    location_id: uuid("000", 0),
    protocol: "ocpp2.0.1",
    evse_number: 1,
    connector_number: 1,
    id_token: `04A3${(0x5f2c81 + number * 4_093).toString(16).toUpperCase()}`,
    state: "active",
    started_at: ago(1_500 + number * 60),
    ended_at: null,
    charging_ended_at: null,
    unplugged_at: null,
    stop_reason: null,
    meter_start_wh: 1_482_300 + number * 9_100,
    meter_stop_wh: null,
    energy_wh,
    charging_state: "Charging",
    last_report_at: ago(12),
    power_w: 43_200,
    soc_percent: 76,
    cost: { minor: Math.round(net_minor * 1.19), currency: "EUR" },
    cost_excl_vat: { minor: net_minor, currency: "EUR" },
    cost_lines: [
      costLine("Start fee", "1", "session", "0.35", 35),
      costLine("Energy", String(energy_wh / 1000), "kWh", "0.55", energy_minor),
    ],
    prices_include_vat: false,
    is_cost_final: false,
    tariff_id: uuid("005", 0),
    review: [],
    awaits_review: false,
    ...changes,
  };
}

function costLine(description: string, quantity: string, unit: string, unit_price: string, minor: number) {
  return { description, quantity, unit, unit_price, vat_percent: "19", amount: { minor, currency: "EUR" } };
}

export function someSamples(session: Session, count: number): Sample[] {
  const start = Date.parse(session.started_at);
  const end = session.ended_at === null ? Date.now() : Date.parse(session.ended_at);
  let energy_wh = session.meter_start_wh ?? 0;
  return Array.from({ length: count }, (_, index) => {
    const part = index / (count - 1);
    const at = new Date(start + (end - start) * part).toISOString();
    const power_w = index === 0 ? 0 : (session.power_w ?? 43_000) * Math.min(1, part * 8) * (1.12 - 0.5 * part * part + 0.03 * Math.sin(index));
    energy_wh += Math.round((power_w * (end - start)) / (count - 1) / 3_600_000);
    return {
      at,
      received_at: at,
      context: "Sample.Periodic",
      location: "Outlet",
      energy_wh,
      power_w,
      current_a: power_w / 690,
      voltage_v: 398,
      soc_percent: 22 + 54 * part,
      phases: { "Current.Import": { L1: power_w / 690, L2: power_w / 702, L3: power_w / 684 } },
      extra: null,
      signed: null,
    };
  });
}

export function createNetwork(): Network {
  const stations = Array.from({ length: 12 }, (_, number) => aStation(number));
  const setStatus = (index: number, evse: number, status: ConnectorStatus) => {
    const station = stations[index];
    const model = MODELS[index % MODELS.length];
    if (!station || !model) return;
    station.evses[evse - 1] = anEvse(evse, status, model);
    station.status = status;
  };
  [0, 2, 4, 5, 8, 10].forEach((index) => {
    setStatus(index, 1, "Occupied");
  });
  setStatus(3, 2, "Faulted");
  setStatus(6, 1, "Reserved");
  setStatus(9, 2, "Unavailable");
  Object.assign(stations[7] ?? {}, { is_online: false, last_seen_at: ago(13_000), connected_at: null, disconnected_at: ago(12_950) });
  Object.assign(stations[9] ?? {}, { security_profile: 0 });
  stations.push(aStation(12, { identity: "CP-7731", registration: "pending", location_id: null, status: null, evses: [] }));

  const active = [0, 2, 4, 5, 8, 10].map((index, number) =>
    aSession(number, {
      station_id: uuid("001", index),
      station_identity: stations[index]?.identity ?? "",
      power_w: [118_400, 48_900, 10_900, 44_100, 37_500, 7_300][number] ?? 0,
      energy_wh: [31_480, 17_210, 6_340, 22_870, 9_030, 2_480][number] ?? 0,
    }),
  );
  const ended = Array.from({ length: 34 }, (_, number) =>
    aSession(number + 20, {
      station_id: uuid("001", (number * 5) % 12),
      station_identity: stations[(number * 5) % 12]?.identity ?? "",
      evse_number: 1 + (number % 2),
      state: "ended",
      started_at: ago(7_000 + number * 3_900),
      ended_at: ago(4_100 + number * 3_900),
      charging_ended_at: ago(4_400 + number * 3_900),
      unplugged_at: ago(4_060 + number * 3_900),
      stop_reason: number % 4 === 0 ? "EVDisconnected" : "Local",
      power_w: null,
      soc_percent: null,
      charging_state: null,
      energy_wh: 8_000 + ((number * 7_919) % 34_000),
      meter_stop_wh: 1_482_300 + 40_000 + number * 100,
      is_cost_final: true,
      review: number === 2 ? ["clock_offset_large"] : [],
    }),
  );
  const sessions = [...active, ...ended];
  return {
    locations: SITES.map(({ name, address, postal_code, city }, number) => ({
      ...{ name, address, postal_code, city, country: "DE", time_zone: "Europe/Berlin", latitude: null, longitude: null, created_at: ago(900_000) },
      ...{ is_published: true, access: null, opening_hours: null, help_phone: null, directions: null, facilities: [] },
      id: uuid("000", number),
    })),
    stations,
    sessions,
    samples: Object.fromEntries(sessions.map((session) => [session.id, someSamples(session, 60)])),
    idTokens: sessions.slice(0, 9).map((session, number) => ({
      id: uuid("004", number),
      value: session.id_token ?? "",
      kind: number % 3 === 0 ? "ISO14443" : null,
      status: number === 4 ? "blocked" : "accepted",
      expires_at: number === 2 ? "2027-12-31T22:59:59Z" : null,
      group: number % 2 === 0 ? "Fleet North" : null,
      user_id: null,
      concurrent_max: number === 3 ? 1 : null,
      ...{ energy_transfer_modes: null, language: null, location_ids: null, message: null },
      ...{ balance: null, connector_types: null, session_limit: null, valid_hours: null },
      ...{ quota: null, name: null, lost_at: null },
      created_at: ago(90_000),
      updated_at: ago(90_000),
    })),
    mails: [
      aMail(0, { text: "Welcome to Voltway.\n\nhttps://voltway.example/verify?code=abc\n" }),
      aMail(1, { state: "failed", to: "nobody@example.org", last_error: "550 no such user", can_retry: true }),
    ],
    tariffs: [
      aTariff(0, { name: "Standard AC & DC", targets: [{ kind: "operator" }] }),
      aTariff(1, { name: "Rasthof", price_per_kwh: "0.67", price_per_minute: "0.02", targets: [{ kind: "location", id: uuid("000", 2) }] }),
    ],
    commands: {},
    messages: Object.fromEntries(stations.map((station) => [station.id, someMessages()])),
    variables: Object.fromEntries(stations.map((station) => [station.id, someVariables(station)])),
  };
}

function aMail(number: number, changes: Partial<MailWithText>): MailWithText {
  return {
    ...{ id: uuid("006", number), kind: "account.verify", to: "driver@example.org", subject: "Confirm your address", state: "sent" },
    ...{ attempts: 1, next_attempt_at: null, last_error: null, expires_at: null, can_retry: false, text: null },
    created_at: ago(600),
    finished_at: ago(590),
    ...changes,
  };
}

function aTariff(number: number, changes: Partial<Tariff>): Tariff {
  return {
    id: uuid("005", number),
    name: "Tariff",
    currency: "EUR",
    start_fee: "0.35",
    price_per_kwh: "0.55",
    price_per_minute: "0",
    vat_percent: "19",
    version: 1,
    family_id: uuid("005", number),
    takes_over_at: null,
    ocpi: null,
    sentences: {},
    targets: [],
    ...changes,
  };
}
