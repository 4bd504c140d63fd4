import { Group } from "@mantine/core";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import type { Page } from "@voltway/api";
import { Panel } from "@voltway/ui";
import type { ReactNode } from "react";
import { LoadMore } from "./LoadMore.tsx";
import { allItems } from "./pages.ts";
import { QueryView } from "./QueryView.tsx";

interface ListPanelProps<T> {
  query: UseInfiniteQueryResult<InfiniteData<Page<T>>>;
  title?: ReactNode;
  actions?: ReactNode;
  filters?: ReactNode;
  empty: ReactNode;
  children: (items: T[]) => ReactNode;
}

/** A list that comes in pages: filters above, its four faces, and more as one scrolls. */
export function ListPanel<T>({ query, title, actions, filters, empty, children }: ListPanelProps<T>) {
  return (
    <Panel padded={false} title={title} actions={actions}>
      {filters && <Group p="md">{filters}</Group>}
      <QueryView query={query} isEmpty={(data) => allItems(data).length === 0} empty={empty}>
        {(data) => children(allItems(data))}
      </QueryView>
      <LoadMore query={query} />
    </Panel>
  );
}
