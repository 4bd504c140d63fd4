import { infiniteQueryOptions, type QueryKey } from "@tanstack/react-query";
import { take, type Page } from "@voltway/api";
import { byCursor } from "./pages.ts";

interface PageOf {
  limit: number;
  cursor: string | undefined;
}

/** A list of the interface that comes in pages. */
export function listOf<T>(queryKey: QueryKey, get: (page: PageOf, signal: AbortSignal) => Promise<{ data?: Page<T> }>, limit = 50) {
  return infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam, signal }) => take(get({ limit, cursor: pageParam }, signal)),
    ...byCursor,
  });
}
