import type { FleetStatementLine } from "@voltway/api";

const MONTHS_MIN = 12;

/** The months (`2026-11`) that a fleet can have statements of, the newest first: since it was made, and a year at least. */
export function statementMonths(createdAt: string, nowMs: number, timeZone: string): string[] {
  const first = monthNumber(Date.parse(createdAt), timeZone);
  const last = monthNumber(nowMs, timeZone);
  const count = Math.max(MONTHS_MIN, last - first + 1);
  return Array.from({ length: count }, (_, index) => {
    const month = last - index;
    return `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, "0")}`;
  });
}

/** Months since the year 0, there. */
function monthNumber(atMs: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en", { timeZone, year: "numeric", month: "numeric" }).formatToParts(atMs);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  return part("year") * 12 + part("month") - 1;
}

export type StatementTotal = Pick<FleetStatementLine, "currency" | "sessions" | "energy_wh" | "excl_vat_minor" | "incl_vat_minor">;

/** The sum of the lines of each currency; those without a price have one of their own. */
export function statementTotals(lines: readonly FleetStatementLine[]): StatementTotal[] {
  const totals = new Map<string | null, StatementTotal>();
  for (const { currency, sessions, energy_wh, excl_vat_minor, incl_vat_minor } of lines) {
    const sum = totals.get(currency) ?? { currency, sessions: 0, energy_wh: 0, excl_vat_minor: null, incl_vat_minor: null };
    totals.set(currency, {
      currency,
      sessions: sum.sessions + sessions,
      energy_wh: sum.energy_wh + energy_wh,
      excl_vat_minor: plus(sum.excl_vat_minor, excl_vat_minor),
      incl_vat_minor: plus(sum.incl_vat_minor, incl_vat_minor),
    });
  }
  return [...totals.values()];
}

function plus(one: number | null, other: number | null): number | null {
  return one === null && other === null ? null : (one ?? 0) + (other ?? 0);
}
