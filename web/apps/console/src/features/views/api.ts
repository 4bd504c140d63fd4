import { queryOptions } from "@tanstack/react-query";
import { client, take, type SavedView, type SavedViewCreate } from "@voltway/api";
import i18next from "i18next";
import { useChange } from "../../shared/useChange.ts";

export type ListName = SavedView["list_name"];

const viewKeys = { all: ["saved-views"] as const };

/** One's own views of a list, by their names. */
export function viewsQuery(list: ListName) {
  return queryOptions({
    queryKey: [...viewKeys.all, list],
    queryFn: ({ signal }) => take(client.GET("/api/v1/me/saved-views", { params: { query: { list_name: list } }, signal })),
    staleTime: 60_000,
  });
}

/** Keeps a list's filters under a name; a view of that name becomes this. */
export function useSaveView() {
  return useChange((body: SavedViewCreate) => take(client.PUT("/api/v1/me/saved-views", { body })), {
    stale: [viewKeys.all],
    done: ({ name }) => i18next.t("views.saved", { name }),
    showsProblem: true,
  });
}

export function useRemoveView() {
  return useChange((id: string) => client.DELETE("/api/v1/me/saved-views/{view_id}", { params: { path: { view_id: id } } }), {
    stale: [viewKeys.all],
    done: () => i18next.t("views.removed"),
  });
}
