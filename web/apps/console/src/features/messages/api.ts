import { infiniteQueryOptions } from "@tanstack/react-query";
import { client, take, type OcppMessage } from "@voltway/api";
import { byCursor } from "../../shared/pages.ts";

const PAGE = 100;

/** Which messages are wanted. `until`: an instant, RFC 3339; those of before are. */
export interface MessageFilter {
  action?: string | undefined;
  text?: string | undefined;
  direction?: OcppMessage["direction"] | undefined;
  kind?: OcppMessage["kind"] | undefined;
  until?: string | undefined;
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
