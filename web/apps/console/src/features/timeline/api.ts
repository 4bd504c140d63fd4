import { queryOptions } from "@tanstack/react-query";
import { client, take } from "@voltway/api";

export const timelineKeys = {
  ofStation: (stationId: string) => ["timeline", stationId] as const,
};

/** What happened at a station around an instant (RFC 3339); around now if none is given. */
export function timelineQuery(stationId: string, at?: string) {
  return queryOptions({
    queryKey: [...timelineKeys.ofStation(stationId), at ?? "now"],
    queryFn: ({ signal }) =>
      take(client.GET("/api/v1/charging-stations/{station_id}/timeline", { params: { path: { station_id: stationId }, query: { at } }, signal })),
  });
}
