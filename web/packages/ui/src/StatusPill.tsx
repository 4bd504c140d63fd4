import type { ReactNode } from "react";
import type { Icon } from "./icons.ts";

export type Tone = "available" | "occupied" | "reserved" | "unavailable" | "faulted" | "warning";

interface StatusPillProps {
  tone: Tone;
  icon: Icon;
  children: ReactNode;
  title?: string | undefined;
}

/** A state in words with an icon of its own; the colour only helps. */
export function StatusPill({ tone, icon: Icon, children, title }: StatusPillProps) {
  return (
    <span className="vw-status" style={{ background: `var(--vw-${tone}-bg)`, color: `var(--vw-${tone}-fg)` }} title={title}>
      <Icon size={14} stroke={2.2} aria-hidden="true" />
      {children}
    </span>
  );
}
