import type { SessionState } from "@voltway/api";
import { searchText } from "../../shared/searchText.ts";

export const SESSION_STATES = ["pending", "active", "ended"] as const satisfies SessionState[];

/** What a running charge does, in the words of OCPP 2.x. */
export const CHARGING_STATES = ["Charging", "EVConnected", "SuspendedEV", "SuspendedEVSE", "Idle"] as const;

/** How far back the list reaches, in seconds. */
export const PERIODS = { day: 86_400, week: 604_800, month: 2_592_000 } as const;
export type Period = keyof typeof PERIODS;

/** The list's filters as they stand in the address. */
export interface SessionSearch {
  state?: SessionState | undefined;
  period?: Period | undefined;
  station?: string | undefined;
  token?: string | undefined;
}

export function readSessionSearch(raw: Record<string, unknown>): SessionSearch {
  return {
    station: searchText(raw.station),
    token: searchText(raw.token),
    state: SESSION_STATES.find((state) => state === raw.state),
    period: (Object.keys(PERIODS) as Period[]).find((period) => period === raw.period),
  };
}
