import { infiniteQueryOptions, useMutation, useQuery, useQueryClient, queryOptions } from "@tanstack/react-query";
import { client, take, type LocationCreate } from "@voltway/api";
import i18next from "i18next";
import { byCursor } from "../../shared/pages.ts";
import { useChange } from "../../shared/useChange.ts";

const PAGE = 100;
/** As many as a select box can offer sensibly. */
const CHOICES = 200;

export const locationKeys = { all: ["locations"] as const };

export const locationsQuery = infiniteQueryOptions({
  queryKey: [...locationKeys.all, "list"],
  queryFn: ({ pageParam, signal }) =>
    take(client.GET("/api/v1/locations", { params: { query: { limit: PAGE, cursor: pageParam } }, signal })),
  ...byCursor,
});

export const locationChoicesQuery = queryOptions({
  queryKey: [...locationKeys.all, "choices"],
  queryFn: ({ signal }) => take(client.GET("/api/v1/locations", { params: { query: { limit: CHOICES } }, signal })),
  staleTime: 5 * 60_000,
});

/** Names of locations by id, and the same as the options of a select box. */
export function useLocationNames() {
  const { data } = useQuery(locationChoicesQuery);
  const items = data?.items ?? [];
  return {
    nameOf: (id: string | null | undefined) => (id == null ? null : (items.find((one) => one.id === id)?.name ?? null)),
    options: items.map(({ id, name }) => ({ value: id, label: name })),
  };
}

export function useCreateLocation() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: LocationCreate) => take(client.POST("/api/v1/locations", { body })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: locationKeys.all }),
    meta: { showsProblem: true },
  });
}

/** Sets whom drivers at a location call; null: nobody. */
export function useSetHelpline(id: string) {
  return useChange(
    (help_phone: string | null) => take(client.PATCH("/api/v1/locations/{location_id}", { params: { path: { location_id: id } }, body: { help_phone } })),
    { stale: [locationKeys.all, ["codes"]], done: () => i18next.t("locations.helplineSet"), showsProblem: true },
  );
}
