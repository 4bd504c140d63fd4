/** The mark of Voltway: a road that falls into a V and rises as a bolt. Decorative; the name stands beside it. */
export function LogoMark({ size = 30 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--vw-volt)" />
      <path d="M5 8h6l5 11 3.2-7H14l2-4h11L18.4 27h-4.8z" fill="#0c1f2b" />
    </svg>
  );
}

export function Logo({ size = 30, color = "currentColor" }: { size?: number; color?: string }) {
  return (
    <span style={{ display: "inline-flex", alignItems: "center", gap: size / 3, color }}>
      <LogoMark size={size} />
      <span style={{ fontSize: size * 0.66, fontWeight: 700, letterSpacing: "-0.02em", lineHeight: 1 }}>Voltway</span>
    </span>
  );
}
