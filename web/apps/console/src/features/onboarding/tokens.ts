import type { RegistrationTokenOut } from "@voltway/api";

export type TokenState = "open" | "usedUp" | "expired" | "revoked";

/** What of a token counts first: taken back by hand, out of date, used up. */
export function tokenState({ revoked_at, expires_at, uses, uses_max }: RegistrationTokenOut, nowMs: number): TokenState {
  if (revoked_at !== null) return "revoked";
  if (Date.parse(expires_at) <= nowMs) return "expired";
  return uses >= uses_max ? "usedUp" : "open";
}

/** The end of a local day, as the interface wants it. */
export function endOfDay(day: string): string {
  return new Date(`${day}T23:59:59`).toISOString();
}

/** The local day so many days from now, as a date field has it. */
export function dayAhead(days: number, nowMs: number): string {
  const at = new Date(nowMs);
  return new Date(Date.UTC(at.getFullYear(), at.getMonth(), at.getDate() + days)).toISOString().slice(0, 10);
}
