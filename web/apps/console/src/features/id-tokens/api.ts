import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, take, type IdToken, type IdTokenCreate } from "@voltway/api";
import { byCursor } from "../../shared/pages.ts";

const PAGE = 50;

export const idTokenKeys = { all: ["id-tokens"] as const };

export function idTokensQuery(value: string) {
  return infiniteQueryOptions({
    queryKey: [...idTokenKeys.all, value],
    queryFn: ({ pageParam, signal }) =>
      take(
        client.GET("/api/v1/id-tokens", {
          params: { query: { limit: PAGE, cursor: pageParam, value: value === "" ? undefined : value } },
          signal,
        }),
      ),
    ...byCursor,
  });
}

export function useCreateIdToken() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: IdTokenCreate) => take(client.POST("/api/v1/id-tokens", { body })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: idTokenKeys.all }),
    meta: { showsProblem: true },
  });
}

export function useSetIdTokenStatus() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ id, status }: Pick<IdToken, "id" | "status">) =>
      take(client.PATCH("/api/v1/id-tokens/{token_id}", { params: { path: { token_id: id } }, body: { status } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: idTokenKeys.all }),
  });
}
