import { infiniteQueryOptions } from "@tanstack/react-query";
import { client, take } from "@voltway/api";
import { byCursor } from "../../shared/pages.ts";

const PAGE = 200;

export const variableKeys = { ofStation: (stationId: string) => ["variables", stationId] as const };

export function variablesQuery(stationId: string) {
  return infiniteQueryOptions({
    queryKey: variableKeys.ofStation(stationId),
    queryFn: ({ pageParam, signal }) =>
      take(
        client.GET("/api/v1/charging-stations/{station_id}/variables", {
          params: { path: { station_id: stationId }, query: { limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    ...byCursor,
  });
}
