import { infiniteQueryOptions } from "@tanstack/react-query";
import { client, take } from "@voltway/api";
import { byCursor } from "../../shared/pages.ts";

const PAGE = 100;

export interface MessageFilter {
  action?: string | undefined;
  text?: string | undefined;
}

export const messageKeys = {
  ofStation: (stationId: string) => ["messages", stationId] as const,
};

export function messagesQuery(stationId: string, filter: MessageFilter) {
  return infiniteQueryOptions({
    queryKey: [...messageKeys.ofStation(stationId), filter],
    queryFn: ({ pageParam, signal }) =>
      take(
        client.GET("/api/v1/charging-stations/{station_id}/messages", {
          params: { path: { station_id: stationId }, query: { ...filter, limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    ...byCursor,
  });
}
