import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, take, type Assignment, type TariffCreate } from "@voltway/api";
import { byCursor } from "../../shared/pages.ts";

const PAGE = 50;

export const tariffKeys = { all: ["tariffs"] as const };

export const tariffsQuery = infiniteQueryOptions({
  queryKey: tariffKeys.all,
  queryFn: ({ pageParam, signal }) =>
    take(client.GET("/api/v1/tariffs", { params: { query: { limit: PAGE, cursor: pageParam } }, signal })),
  ...byCursor,
});

export function useCreateTariff() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: TariffCreate) => take(client.POST("/api/v1/tariffs", { body })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: tariffKeys.all }),
    meta: { showsProblem: true },
  });
}

export function useAssignTariff(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (targets: Assignment[]) =>
      take(client.PUT("/api/v1/tariffs/{tariff_id}/assignments", { params: { path: { tariff_id: id } }, body: { targets } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: tariffKeys.all }),
    meta: { showsProblem: true },
  });
}
