import type { ConnectorStatus } from "@voltway/api";
import { searchText } from "../../shared/searchText.ts";

export const CONNECTOR_STATUSES = ["Available", "Occupied", "Reserved", "Unavailable", "Faulted"] as const satisfies ConnectorStatus[];

/** The list's filters as they stand in the address, so that a filtered list can be bookmarked and sent. */
export interface StationSearch {
  text?: string | undefined;
  status?: ConnectorStatus | undefined;
  online?: boolean | undefined;
  location?: string | undefined;
  sort?: StationSort | undefined;
}

export const STATION_SORTS = ["identity", "-identity", "status", "-status", "vendor", "-vendor", "last_seen", "-last_seen", "created", "-created"] as const;
export type StationSort = (typeof STATION_SORTS)[number];

export const STATION_TABS = ["sessions", "timeline", "messages", "variables", "commands", "details"] as const;
export type StationTab = (typeof STATION_TABS)[number];

export function readStationSearch(raw: Record<string, unknown>): StationSearch {
  return {
    text: searchText(raw.text),
    location: searchText(raw.location),
    online: typeof raw.online === "boolean" ? raw.online : undefined,
    status: CONNECTOR_STATUSES.find((status) => status === raw.status),
    sort: STATION_SORTS.find((sort) => sort === raw.sort),
  };
}

export const DIRECTIONS = ["in", "out"] as const;

/** A tab of a station's page, and what is looked for in it. `at`: the instant that the timeline explains, and the one before which
 *  messages are shown; now where there is none. The others are the messages' filters. */
export interface StationTabSearch {
  tab?: StationTab;
  at?: string;
  action?: string;
  text?: string;
  direction?: (typeof DIRECTIONS)[number];
  errors?: true;
}

export function readStationTab(raw: Record<string, unknown>): StationTabSearch {
  const tab = STATION_TABS.find((one) => one === raw.tab);
  const at = typeof raw.at === "string" && !Number.isNaN(Date.parse(raw.at)) ? raw.at : undefined;
  const [action, text] = [searchText(raw.action), searchText(raw.text)];
  const direction = DIRECTIONS.find((one) => one === raw.direction);
  return { ...(tab && { tab }), ...(at && { at }), ...(action && { action }), ...(text && { text }), ...(direction && { direction }), ...(raw.errors === true && { errors: true }) };
}
