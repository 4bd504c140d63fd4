import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, take, type ChargingStationCreate, type ChargingStationUpdate } from "@voltway/api";
import { byCursor } from "../../shared/pages.ts";
import type { StationSearch } from "./search.ts";

const PAGE = 50;
const SUGGESTIONS = 8;

export const stationKeys = {
  all: ["stations"] as const,
  lists: ["stations", "list"] as const,
  detail: (id: string) => ["stations", "detail", id] as const,
};

export function stationsQuery({ text, status, online, location }: StationSearch) {
  const query = { text, status, location_id: location, is_online: online, limit: PAGE };
  return infiniteQueryOptions({
    queryKey: [...stationKeys.lists, query],
    queryFn: ({ pageParam, signal }) =>
      take(client.GET("/api/v1/charging-stations", { params: { query: { ...query, cursor: pageParam } }, signal })),
    ...byCursor,
  });
}

export function stationSearchQuery(text: string) {
  return queryOptions({
    queryKey: [...stationKeys.all, "search", text],
    queryFn: ({ signal }) => take(client.GET("/api/v1/charging-stations", { params: { query: { text, limit: SUGGESTIONS } }, signal })),
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
