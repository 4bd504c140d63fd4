import type { ChargingStation, Moment, OcppMessage, Timeline } from "@voltway/api";

/** A timeline of what a station has said, and of a fault if it has one. */
export function timelineOf(station: ChargingStation, messages: OcppMessage[], at: string | null): Timeline {
  const middle = at === null ? Date.now() : Date.parse(at);
  const base = { evse_number: null, subject_id: null, is_before: false };
  const said: Moment[] = messages
    .filter(({ kind }) => kind === "call")
    .map(({ id, at: when, action, direction, payload }) => ({
      ...base,
      ...{ id: `message.${id}`, at: when, source: "message" as const, kind: action ?? "?", facts: { direction, request: payload, answer: {}, verdict: null } },
    }));
  const broken = station.evses.flatMap(({ evse_number, connectors }) =>
    connectors
      .filter(({ status }) => status === "Faulted")
      .map(({ connector_number, error_code, status_at }): Moment => ({
        ...base,
        ...{ id: `status.${evse_number}.${connector_number}`, at: status_at ?? new Date(middle).toISOString(), source: "status", kind: "Faulted" },
        ...{ evse_number, facts: { connector_number, error_code, wire_status: "Faulted" } },
      })),
  );
  const fault = {
    ...{ name: "fault_other", title: "The station says that it is broken.", next_step: "Restart it once.", detail: null },
    ...{ evse_numbers: broken.map(({ evse_number }) => evse_number ?? 0), moment_ids: broken.map(({ id }) => id), order: { type: "reset", mode: "on_idle" } },
  };
  const nothing = { name: "nothing_unusual", title: "Nothing unusual.", next_step: "", detail: null, evse_numbers: [], moment_ids: [], order: null };
  return {
    station_id: station.id,
    ...{ at: new Date(middle).toISOString(), since: new Date(middle - 1_800_000).toISOString(), until: new Date(middle + 600_000).toISOString() },
    causes: [broken.length > 0 ? fault : nothing],
    moments: [...broken, ...said],
    ...{ left_out: [], is_cut: false },
  };
}
