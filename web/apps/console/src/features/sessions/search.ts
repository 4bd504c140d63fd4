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
  /** Only those that wait for a decision. */
  review?: true | undefined;
  sort?: SessionSort | undefined;
}

export const SESSION_SORTS = ["created", "-created", "energy", "-energy"] as const;
export type SessionSort = (typeof SESSION_SORTS)[number];

/** The server sorts by energy where something narrows the list: a station, a token, a period. */
export function maySortByEnergy({ station, token, period }: SessionSearch): boolean {
  return (station ?? token ?? period) !== undefined;
}

export function readSessionSearch(raw: Record<string, unknown>): SessionSearch {
  return {
    station: searchText(raw.station),
    token: searchText(raw.token),
    review: raw.review === true ? true : undefined,
    state: SESSION_STATES.find((state) => state === raw.state),
    sort: SESSION_SORTS.find((sort) => sort === raw.sort),
    period: (Object.keys(PERIODS) as Period[]).find((period) => period === raw.period),
  };
}
