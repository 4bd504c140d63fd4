import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { DataTable, type Column } from "./DataTable.tsx";

/** So many rows cost nothing; of longer lists only those near the window are in the page. */
const WHOLE_UP_TO = 80;
const OVERSCAN = 12;
/** Until a row has been measured. */
const ROW_PX = 49;

interface LongTableProps<T> {
  label: string;
  columns: Column[];
  items: T[];
  /** Draws one row, with its key. */
  children: (item: T) => ReactNode;
}

/** A table of any length: rows out of sight are a space of their height. */
export function LongTable<T>({ label, columns, items, children }: LongTableProps<T>) {
  if (items.length <= WHOLE_UP_TO) {
    return (
      <DataTable label={label} columns={columns}>
        {items.map(children)}
      </DataTable>
    );
  }
  return (
    <VirtualTable label={label} columns={columns} items={items}>
      {children}
    </VirtualTable>
  );
}

function VirtualTable<T>({ label, columns, items, children }: LongTableProps<T>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [{ top, row }, setPlace] = useState({ top: 0, row: ROW_PX });
  useLayoutEffect(() => {
    const section = body.current;
    const drawn = section?.querySelector<HTMLElement>("tr:not([data-space])");
    if (!section || !drawn) return;
    const place = { top: Math.round(section.getBoundingClientRect().top + window.scrollY), row: drawn.offsetHeight || ROW_PX };
    setPlace((now) => (now.top === place.top && now.row === place.row ? now : place));
  }, [items.length]);
  const virtualizer = useWindowVirtualizer({ count: items.length, estimateSize: () => row, overscan: OVERSCAN, scrollMargin: top });
  useLayoutEffect(() => {
    virtualizer.measure();
  }, [virtualizer, row]);
  const drawn = virtualizer.getVirtualItems();
  const before = (drawn[0]?.start ?? top) - top;
  const after = virtualizer.getTotalSize() - ((drawn.at(-1)?.end ?? top) - top);
  return (
    <DataTable label={label} columns={columns} bodyRef={body} rowCount={items.length + 1}>
      <Space height={before} columns={columns.length} />
      {drawn.map(({ index }) => {
        const item = items[index];
        return item === undefined ? null : children(item);
      })}
      <Space height={after} columns={columns.length} />
    </DataTable>
  );
}

function Space({ height, columns }: { height: number; columns: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden="true" data-space>
      <td colSpan={columns} style={{ height, padding: 0, border: 0 }} />
    </tr>
  );
}
