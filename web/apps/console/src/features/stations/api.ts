import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, take, type ChargingStationCreate, type ChargingStationUpdate } from "@voltway/api";
import { byCursor } from "../../shared/pages.ts";
import type { StationSearch } from "./search.ts";

const PAGE = 100;

export const stationKeys = {
  all: ["stations"] as const,
  lists: ["stations", "list"] as const,
  detail: (id: string) => ["stations", "detail", id] as const,
};

/** One page of the list, for who wants all of it. */
export function getStations(search: StationSearch, cursor: string | undefined) {
  const query = { ...wordsOf(search), limit: 500, cursor };
  return take(client.GET("/api/v1/charging-stations", { params: { query } }));
}

/** Every station that the filters let through. */
export async function allStations(search: StationSearch) {
  const found = [];
  let cursor: string | undefined;
  do {
    const page = await getStations(search, cursor);
    found.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

/** The list's filters in the words of the interface. */
function wordsOf({ text, status, online, location, sort }: StationSearch) {
  return { text, status, location_id: location, is_online: online, sort };
}

export function stationsQuery(search: StationSearch) {
  const query = { ...wordsOf(search), limit: PAGE };
  return infiniteQueryOptions({
    queryKey: [...stationKeys.lists, query],
    queryFn: ({ pageParam, signal }) =>
      take(client.GET("/api/v1/charging-stations", { params: { query: { ...query, cursor: pageParam } }, signal })),
    ...byCursor,
  });
}

export function stationQuery(id: string) {
  return queryOptions({
    queryKey: stationKeys.detail(id),
    queryFn: ({ signal }) => take(client.GET("/api/v1/charging-stations/{station_id}", { params: { path: { station_id: id } }, signal })),
  });
}

export function useCreateStation() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: ChargingStationCreate) => take(client.POST("/api/v1/charging-stations", { body })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: stationKeys.lists }),
    meta: { showsProblem: true },
  });
}

export function useUpdateStation(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: ChargingStationUpdate) =>
      take(client.PATCH("/api/v1/charging-stations/{station_id}", { params: { path: { station_id: id } }, body })),
    onSuccess: async (station) => {
      queryClient.setQueryData(stationKeys.detail(id), station);
      await queryClient.invalidateQueries({ queryKey: stationKeys.lists });
    },
  });
}
