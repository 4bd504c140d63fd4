import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, take, type CallOutcome, type CommandCreate } from "@voltway/api";

/** How long the page waits for the station's word before it shows the command as under way. */
const WAIT_S = 20;
const HISTORY = 50;

export const commandKeys = {
  all: ["commands"] as const,
  ofStation: (stationId: string) => ["commands", "station", stationId] as const,
};

/** The station's latest commands, newest first. */
export function stationCommandsQuery(stationId: string) {
  return queryOptions({
    queryKey: commandKeys.ofStation(stationId),
    queryFn: ({ signal }) =>
      take(
        client.GET("/api/v1/charging-stations/{station_id}/commands", {
          params: { path: { station_id: stationId }, query: { limit: HISTORY } },
          signal,
        }),
      ),
  });
}

/** Every type of command, with why the station cannot be given it. */
export function commandTypesQuery(stationId: string) {
  return queryOptions({
    queryKey: [...commandKeys.ofStation(stationId), "types"] as const,
    queryFn: ({ signal }) => take(client.GET("/api/v1/charging-stations/{station_id}/command-types", { params: { path: { station_id: stationId } }, signal })),
  });
}

export function useSendCommand(stationId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: CommandCreate) =>
      take(
        client.POST("/api/v1/charging-stations/{station_id}/commands", {
          params: { path: { station_id: stationId }, query: { wait_s: WAIT_S } },
          body,
        }),
      ),
    onSettled: () => queryClient.invalidateQueries({ queryKey: commandKeys.ofStation(stationId) }),
    meta: { showsProblem: true },
  });
}

export interface RawCall {
  action: string;
  payload: Record<string, unknown>;
  timeout_s: number;
}

/** Sends a message in the station's own protocol, as it stands. */
export function useRawCall(stationId: string) {
  return useMutation({
    mutationFn: (body: RawCall): Promise<CallOutcome> =>
      take(client.POST("/api/v1/charging-stations/{station_id}/calls", { params: { path: { station_id: stationId } }, body })),
    meta: { showsProblem: true },
  });
}
