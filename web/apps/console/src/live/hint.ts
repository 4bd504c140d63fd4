import type { Session } from "@voltway/api";

/** A live event as the console reads it: whatever the server did not say is null. */
export interface Hint {
  id: string;
  at: string;
  stationId: string | null;
  stationIdentity: string | null;
  state: string | null;
  status: string | null;
  what: string | null;
  type: string | undefined;
  evseNumber: number | undefined;
  /** The running figures that the hint carries. */
  figures: Partial<Pick<Session, "energy_wh" | "power_w" | "soc_percent">>;
}

/** Reads an event's payload; undefined for one that names nothing. */
export function readHint(payload: unknown): Hint | undefined {
  if (typeof payload !== "object" || payload === null) return undefined;
  const fields = payload as Record<string, unknown>;
  const text = (name: string) => (typeof fields[name] === "string" ? fields[name] : null);
  const number = (name: string) => (typeof fields[name] === "number" ? fields[name] : undefined);
  const id = text("id");
  const at = text("at");
  if (id === null || at === null) return undefined;

  const figures: Hint["figures"] = {};
  const energy_wh = number("energy_wh");
  const power_w = number("power_w");
  const soc_percent = number("soc_percent");
  if (energy_wh !== undefined) figures.energy_wh = energy_wh;
  if (power_w !== undefined) figures.power_w = power_w;
  if (soc_percent !== undefined) figures.soc_percent = soc_percent;
  return {
    ...{ id, at, figures },
    stationId: text("station_id"),
    stationIdentity: text("station_identity"),
    state: text("state"),
    status: text("status"),
    what: text("what"),
    type: text("type") ?? undefined,
    evseNumber: number("evse_number"),
  };
}
