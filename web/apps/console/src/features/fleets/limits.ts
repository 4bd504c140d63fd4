import type { FleetLimit, FleetLimitUse } from "@voltway/api";

export const KINDS = ["fleet", "vehicle", "member"] as const;
export const SPANS = ["day", "week", "month"] as const;
export const MEASURES = ["energy", "money"] as const;
export type Measure = (typeof MEASURES)[number];

/** What the form of a limit holds: the amount in kWh, or in major units of the currency. */
export interface LimitValues {
  kind: FleetLimit["kind"];
  target_id: string | null;
  span: FleetLimit["span"];
  measure: Measure;
  amount: number | string;
  currency: string;
}

export function limitValues(limit: FleetLimit | null, currency: string): LimitValues {
  if (limit === null) return { kind: "fleet", target_id: null, span: "month", measure: "energy", amount: "", currency };
  const { kind, span } = limit;
  const same = { kind, span, target_id: limit.target_id ?? null };
  if (limit.energy_wh != null) return { ...same, measure: "energy", amount: limit.energy_wh / 1000, currency };
  const its = limit.currency ?? currency;
  return { ...same, measure: "money", amount: (limit.amount_minor ?? 0) / minorIn(its), currency: its };
}

export function limitOf({ kind, target_id, span, measure, amount, currency }: LimitValues): FleetLimit {
  const same = { kind, span, target_id: kind === "fleet" ? null : target_id };
  if (measure === "energy") return { ...same, energy_wh: Math.round(Number(amount) * 1000), amount_minor: null, currency: null };
  return { ...same, energy_wh: null, amount_minor: Math.round(Number(amount) * minorIn(currency)), currency };
}

/** How many of its least units a currency's own unit has. */
function minorIn(currency: string): number {
  return 10 ** (new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2);
}

/** What there can be one limit of: the server keeps the last of two for the same. */
export function limitKey({ kind, target_id, span, currency }: FleetLimit): string {
  return [kind, target_id ?? "", span, currency ?? "Wh"].join(" ");
}

/** All limits after one was added, changed (`before`) or taken away (no `after`), as the server takes them. */
export function limitsAfter(all: readonly FleetLimitUse[], before: FleetLimit | null, after: FleetLimit | null): FleetLimit[] {
  const gone = [before, after].map((limit) => limit && limitKey(limit));
  const kept = all.filter((limit) => !gone.includes(limitKey(limit)));
  return [...kept.map(plain), ...(after ? [after] : [])];
}

function plain({ kind, target_id, span, energy_wh, amount_minor, currency }: FleetLimitUse): FleetLimit {
  return { kind, target_id: target_id ?? null, span, energy_wh: energy_wh ?? null, amount_minor: amount_minor ?? null, currency: currency ?? null };
}

/** How much of a limit is used, in percent; one of nothing is used up from the start. */
export function usedPercent({ energy_wh, amount_minor, used_wh, used_minor }: FleetLimitUse): number {
  const [most, used] = energy_wh != null ? [energy_wh, used_wh ?? 0] : [amount_minor ?? 0, used_minor ?? 0];
  return most === 0 ? 100 : (used / most) * 100;
}
