import type { MouseEvent, ReactNode } from "react";

/** A table row that opens what its first link leads to; the link itself serves keyboard, screen reader and new tab. */
export function LinkedRow({ children }: { children: ReactNode }) {
  return (
     
    <tr data-link onClick={openFirstLink}>
      {children}
    </tr>
  );
}

function openFirstLink(event: MouseEvent<HTMLTableRowElement>): void {
  const target = event.target as HTMLElement;
  if (target.closest("a, button, input, label") || window.getSelection()?.toString()) return;
  event.currentTarget.querySelector<HTMLAnchorElement>("a")?.click();
}
