import { Table, VisuallyHidden } from "@mantine/core";
import type { ReactNode } from "react";

export interface Column {
  label: ReactNode;
  isNumeric?: boolean;
  /** A column of buttons needs no heading, but for those who hear the table. */
  isLabelHidden?: boolean;
}

/** A table that scrolls sideways inside its panel when the screen is too narrow. */
export function DataTable({ label, columns, children }: { label: string; columns: Column[]; children: ReactNode }) {
  return (
    <Table.ScrollContainer minWidth={0} type="native">
      <table className="vw-table" aria-label={label}>
        <thead>
          <tr>
            {columns.map((column, index) => (
              <th key={index} scope="col" data-num={column.isNumeric ? "" : undefined}>
                {column.isLabelHidden ? <VisuallyHidden>{column.label}</VisuallyHidden> : column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </Table.ScrollContainer>
  );
}
