import type { InfiniteData } from "@tanstack/react-query";
import type { Page } from "@voltway/api";

/** What an infinite query of our cursor lists needs besides its key and its function. */
export const byCursor = {
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page: Page<unknown>) => page.next_cursor ?? undefined,
};

export function allItems<T>(data: InfiniteData<Page<T>>): T[] {
  return data.pages.flatMap((page) => page.items);
}
