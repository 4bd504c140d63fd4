import { queryOptions } from "@tanstack/react-query";
import { client, take, type BulkOrder, type BulkOrderCreate } from "@voltway/api";
import { listOf } from "../../shared/list.ts";
import { useChange } from "../../shared/useChange.ts";

const bulkKeys = { all: ["bulk-orders"] as const };
const POLL_MS = 1_000;

const order = (bulk_order_id: string) => ({ params: { path: { bulk_order_id } } });

export const bulkOrdersQuery = listOf([...bulkKeys.all, "list"], (query, signal) => client.GET("/api/v1/bulk-orders", { params: { query }, signal }));

/** Whether stations are still to be told, or to answer. */
export function isUnderWay({ counts }: BulkOrder): boolean {
  return counts.waiting + counts.ordered > 0;
}

/** One order, looked at again and again until every station has ended. */
export function bulkOrderQuery(id: string) {
  return queryOptions({
    queryKey: [...bulkKeys.all, id],
    queryFn: ({ signal }) => take(client.GET("/api/v1/bulk-orders/{bulk_order_id}", { ...order(id), signal })),
    refetchInterval: ({ state }) => (state.data && !isUnderWay(state.data) ? false : POLL_MS),
  });
}

/** All of its stations: at most some thousands. `progress` changes as they end, and they are asked for anew. */
export function bulkStationsQuery(id: string, progress: string) {
  return queryOptions({
    queryKey: [...bulkKeys.all, id, "stations", progress],
    queryFn: async ({ signal }) => {
      const found = [];
      let cursor: string | undefined;
      do {
        const query = { limit: 500, cursor };
        const page = await take(client.GET("/api/v1/bulk-orders/{bulk_order_id}/stations", { params: { path: { bulk_order_id: id }, query }, signal }));
        found.push(...page.items);
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined);
      return found;
    },
    placeholderData: (before) => before,
  });
}

export function useOrderBulk() {
  return useChange((body: BulkOrderCreate) => take(client.POST("/api/v1/bulk-orders", { body })), { stale: [bulkKeys.all], showsProblem: true });
}

export function useStopBulk() {
  return useChange((id: string) => take(client.POST("/api/v1/bulk-orders/{bulk_order_id}/stop", order(id))), { stale: [bulkKeys.all] });
}
