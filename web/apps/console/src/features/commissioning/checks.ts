import type { ChargingStation, Session } from "@voltway/api";

/** What must be true of a station before drivers may rely on it, in the order in which one gets there. */
export const CHECKS = ["located", "accepted", "online", "secured", "passwordChanged", "described", "evses", "plugs", "rated", "settings", "charged", "measured", "priced"] as const;
export type Check = (typeof CHECKS)[number];

/** `open`: something is to be done. `later`: another thing comes first. */
export type CheckState = "done" | "open" | "later";

/** Less than that a car takes to find out that it does not like the station. */
const CHARGED_WH = 100;
/** A charge of two values has a begin and an end, and no course. */
const SAMPLES_MIN = 3;

export interface Evidence {
  station: ChargingStation;
  /** Whether the station has told any of its settings. */
  hasSettings: boolean;
  /** Its latest sessions, newest first. */
  sessions: Session[];
  /** How many measurements the charge has that `testCharge` finds. */
  samples: number;
}

/** The newest charge that went well. */
export function testCharge(sessions: Session[]): Session | undefined {
  return sessions.find(({ state, energy_wh: energy, review }) => state === "ended" && energy >= CHARGED_WH && review.length === 0);
}

/** What of it is so, by what is known. Pure. */
export function check({ station, hasSettings, sessions, samples }: Evidence): Record<Check, CheckState> {
  const connectors = station.evses.flatMap((evse) => evse.connectors);
  const charge = testCharge(sessions);
  const whenBooted = (isDone: boolean): CheckState => (isDone ? "done" : station.booted_at === null ? "later" : "open");
  const whenCharged = (isDone: boolean): CheckState => (isDone ? "done" : charge === undefined ? "later" : "open");
  const only = (isDone: boolean): CheckState => (isDone ? "done" : "open");
  return {
    located: only(station.location_id !== null),
    accepted: only(station.registration === "accepted"),
    online: only(station.is_online),
    secured: only(station.security_profile >= 2),
    passwordChanged: only(station.security_profile === 3 || (station.has_factory_password !== true && station.is_password_weak !== true)),
    described: whenBooted([station.vendor, station.model, station.firmware_version].every((known) => known !== null)),
    evses: whenBooted(connectors.length > 0 && connectors.every(({ status }) => status !== null && status !== "Faulted" && status !== "Unavailable")),
    plugs: only(connectors.length > 0 && connectors.every(({ type }) => type !== null)),
    rated: only(station.evses.length > 0 && station.evses.every((evse) => evse.power_w_max !== null)),
    settings: whenBooted(hasSettings),
    charged: whenBooted(charge !== undefined),
    measured: whenCharged(samples >= SAMPLES_MIN),
    priced: whenCharged(charge?.is_cost_final ?? false),
  };
}
