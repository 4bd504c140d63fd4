import { Table, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { IconChevronDown } from "@voltway/ui";
import type { ReactNode, Ref } from "react";
import type { Sorting } from "./sorting.ts";

export interface Column {
  label: ReactNode;
  isNumeric?: boolean;
  /** A column of buttons needs no heading, but for those who hear the table. */
  isLabelHidden?: boolean;
  /** Whether the list is in the order of this column, and what a press on its heading does. */
  sorting?: Sorting;
}

interface DataTableProps {
  label: string;
  columns: Column[];
  children: ReactNode;
  bodyRef?: Ref<HTMLTableSectionElement>;
  /** Of a list that is not in the page as a whole: all of its rows, with the heading. */
  rowCount?: number;
}

/** A table that scrolls sideways inside its panel when the screen is too narrow. */
export function DataTable({ label, columns, children, bodyRef, rowCount }: DataTableProps) {
  return (
    <Table.ScrollContainer minWidth={0} type="native">
      <table className="vw-table" aria-label={label} aria-rowcount={rowCount}>
        <thead>
          <tr>
            {columns.map((column, index) => (
              <th key={index} scope="col" data-num={column.isNumeric ? "" : undefined} aria-sort={column.sorting && (column.sorting.direction ?? "none")}>
                <Heading column={column} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={bodyRef}>{children}</tbody>
      </table>
    </Table.ScrollContainer>
  );
}

function Heading({ column: { label, isLabelHidden, sorting } }: { column: Column }) {
  if (isLabelHidden) return <VisuallyHidden>{label}</VisuallyHidden>;
  if (!sorting) return label;
  return (
    <UnstyledButton className="vw-sort" data-sorted={sorting.direction} onClick={sorting.onSort}>
      {label}
      <IconChevronDown size={14} stroke={2.2} aria-hidden="true" />
    </UnstyledButton>
  );
}
