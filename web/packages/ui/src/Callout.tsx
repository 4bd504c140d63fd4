import type { ReactNode } from "react";
import { IconAlertTriangle, type Icon } from "./icons.ts";

interface CalloutProps {
  tone?: "warning" | "faulted";
  icon?: Icon;
  title?: string;
  children?: ReactNode;
  /** `alert` interrupts who listens to the page: for what has just gone wrong. */
  role?: "alert" | "note";
}

/** Something to know before reading on: what is wrong, or what to be careful with. */
export function Callout({ tone = "warning", icon: Icon = IconAlertTriangle, title, children, role = "note" }: CalloutProps) {
  return (
    <div className="vw-callout" role={role} style={{ background: `var(--vw-${tone}-bg)`, color: `var(--vw-${tone}-fg)` }}>
      <Icon size={19} stroke={2} aria-hidden="true" />
      <div>
        {title && <strong>{title}</strong>}
        {children}
      </div>
    </div>
  );
}
