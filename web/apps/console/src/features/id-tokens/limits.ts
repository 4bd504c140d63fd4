import type { IdToken, IdTokenPatch } from "@voltway/api";

type Field = number | string;

/** What the form of limits holds; an empty field is no limit. */
export interface LimitValues {
  group: string;
  concurrent_max: Field;
  session_kwh: Field;
  session_minutes: Field;
  day_kwh: Field;
  month_kwh: Field;
}

type Limited = Pick<IdToken, "group" | "concurrent_max" | "session_limit" | "quota">;

export function limitValues({ group, concurrent_max, session_limit, quota }: Limited): LimitValues {
  return {
    group: group ?? "",
    concurrent_max: concurrent_max ?? "",
    session_kwh: over(session_limit?.energy_wh, 1000),
    session_minutes: over(session_limit?.duration_s, 60),
    day_kwh: over(quota?.energy_wh_per_day, 1000),
    month_kwh: over(quota?.energy_wh_per_month, 1000),
  };
}

/** The change that a form asks for. Limits of money, which the form does not show, stay as they are. */
export function limitsOf(values: LimitValues, token: Limited): IdTokenPatch {
  const session = { ...token.session_limit, energy_wh: times(values.session_kwh, 1000), duration_s: times(values.session_minutes, 60) };
  const time_zone = token.quota?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const energy = { energy_wh_per_day: times(values.day_kwh, 1000), energy_wh_per_month: times(values.month_kwh, 1000) };
  const cost = { cost_per_day: token.quota?.cost_per_day, cost_per_month: token.quota?.cost_per_month };
  return {
    group: values.group.trim() || null,
    concurrent_max: times(values.concurrent_max, 1),
    session_limit: isNone(session) ? null : session,
    quota: isNone({ ...cost, ...energy }) ? null : { time_zone, ...cost, ...energy },
  };
}

function over(value: number | null | undefined, unit: number): Field {
  return value == null ? "" : value / unit;
}

function times(value: Field, unit: number): number | null {
  return value === "" ? null : Math.round(Number(value) * unit);
}

function isNone(amounts: object): boolean {
  return Object.values(amounts).every((one) => one == null);
}
