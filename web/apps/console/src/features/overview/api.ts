import { queryOptions } from "@tanstack/react-query";
import { client, take, type Report } from "@voltway/api";
import { deskKeys } from "../desk/api.ts";
import { securityKeys } from "../security/api.ts";

/** The figures move even when no event says so: the power of now, the day that began. */
const REFETCH_MS = 30_000;

export const overviewKeys = { all: ["overview"] as const };

export const overviewQuery = queryOptions({
  queryKey: overviewKeys.all,
  queryFn: ({ signal }) => take(client.GET("/api/v1/overview", { params: { query: { since: localMidnight() } }, signal })),
  refetchInterval: REFETCH_MS,
});

/** Where the reader's own day began. */
function localMidnight(): string {
  return new Date(new Date().setHours(0, 0, 0, 0)).toISOString();
}

/** More than that is not counted: "100+" says as much. */
export const COUNTED_MAX = 100;

const open = { is_open: true, limit: COUNTED_MAX };

/** Their keys begin as those of the lists do, so that what makes a list stale does the same to its tile. */
export const openIncidentsQuery = queryOptions({
  queryKey: [...securityKeys.incidents, "open"],
  queryFn: async ({ signal }) => (await take(client.GET("/api/v1/incidents", { params: { query: open }, signal }))).items,
  refetchInterval: REFETCH_MS,
});

export const openTicketsQuery = queryOptions({
  queryKey: [...deskKeys.tickets, "open"],
  queryFn: async ({ signal }) => (await take(client.GET("/api/v1/tickets", { params: { query: open }, signal }))).items,
  refetchInterval: REFETCH_MS,
});

const DAY_MS = 86_400_000;
const SUCCESS_DAYS = 7;

/** How many of the last week's attempts to charge came about. */
export const successQuery = queryOptions({
  queryKey: [...overviewKeys.all, "success"],
  queryFn: async ({ signal }) => {
    const day = (ahead: number) => new Date(Date.now() + ahead * DAY_MS).toISOString().slice(0, 10);
    // The day that has begun somewhere already is in it.
    const query = { since: day(1 - SUCCESS_DAYS), until: day(2) };
    const found = (await take(client.GET("/api/v1/reports/{kind}", { params: { path: { kind: "success" }, query }, signal }))) as Report;
    const [row = {}] = found.rows;
    return { percent: numberOf(row.success_percent), attempts: numberOf(row.attempts) ?? 0 };
  },
  refetchInterval: 5 * 60_000,
});

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
