import type { ConnectorStatus } from "@voltway/api";
import { searchText } from "../../shared/searchText.ts";

export const CONNECTOR_STATUSES = ["Available", "Occupied", "Reserved", "Unavailable", "Faulted"] as const satisfies ConnectorStatus[];

/** The list's filters as they stand in the address, so that a filtered list can be bookmarked and sent. */
export interface StationSearch {
  text?: string | undefined;
  status?: ConnectorStatus | undefined;
  online?: boolean | undefined;
  location?: string | undefined;
}

export const STATION_TABS = ["sessions", "messages", "variables", "commands", "details"] as const;
export type StationTab = (typeof STATION_TABS)[number];

export function readStationSearch(raw: Record<string, unknown>): StationSearch {
  return {
    text: searchText(raw.text),
    location: searchText(raw.location),
    online: typeof raw.online === "boolean" ? raw.online : undefined,
    status: CONNECTOR_STATUSES.find((status) => status === raw.status),
  };
}

export function readStationTab(raw: Record<string, unknown>): { tab?: StationTab } {
  const tab = STATION_TABS.find((one) => one === raw.tab);
  return tab ? { tab } : {};
}
