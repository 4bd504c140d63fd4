import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, take, type IdToken, type IdTokenCreate, type IdTokenPatch } from "@voltway/api";
import { byCursor } from "../../shared/pages.ts";
import { useChange } from "../../shared/useChange.ts";

const PAGE = 50;

export const idTokenKeys = { all: ["id-tokens"] as const };

export function idTokensQuery(value: string, user_id?: string) {
  return infiniteQueryOptions({
    queryKey: [...idTokenKeys.all, value, user_id],
    queryFn: ({ pageParam, signal }) =>
      take(
        client.GET("/api/v1/id-tokens", {
          params: { query: { limit: PAGE, cursor: pageParam, value: value === "" ? undefined : value, user_id } },
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

export function usePatchIdToken() {
  return useChange(
    ({ id, ...body }: IdTokenPatch & { id: string }) =>
      take(client.PATCH("/api/v1/id-tokens/{token_id}", { params: { path: { token_id: id } }, body })),
    { stale: [idTokenKeys.all], showsProblem: true },
  );
}

/** How much of a token's quotas is left. */
export function tokenUseQuery(id: string) {
  return queryOptions({
    queryKey: [...idTokenKeys.all, id, "use"],
    queryFn: async () => (await take(client.GET("/api/v1/id-tokens/{token_id}/use", { params: { path: { token_id: id } } }))).items,
  });
}

/** Adds the tokens of a CSV file; or says what would happen, and saves nothing. */
export function useImportIdTokens() {
  return useChange(
    ({ text, is_dry_run }: { text: string; is_dry_run: boolean }) =>
      take(
        client.POST("/api/v1/id-tokens/import", {
          params: { query: { is_dry_run } },
          body: text,
          bodySerializer: (body) => body,
          headers: { "Content-Type": "text/csv" },
        }),
      ),
    { stale: [idTokenKeys.all], showsProblem: true },
  );
}

/** Makes codes by which drivers take cards into their own account. */
export function useMakeCardCodes() {
  return useChange(
    (body: { id_token_ids: string[]; expires_at: string }) => take(client.POST("/api/v1/id-tokens/activation-codes", { body })),
    { stale: [], showsProblem: true },
  );
}
