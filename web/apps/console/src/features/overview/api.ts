import { queryOptions } from "@tanstack/react-query";
import { client, take } from "@voltway/api";

/** The figures move even when no event says so: the power of now, the day that began. */
const REFETCH_MS = 30_000;

export const overviewKeys = { all: ["overview"] as const };

export const overviewQuery = queryOptions({
  queryKey: overviewKeys.all,
  queryFn: () => take(client.GET("/api/v1/overview")),
  refetchInterval: REFETCH_MS,
});
