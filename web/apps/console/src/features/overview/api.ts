import { queryOptions } from "@tanstack/react-query";
import { client, take } from "@voltway/api";

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
