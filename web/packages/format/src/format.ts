/** Formats quantities for people. The interface speaks Wh, W, minor units and UTC; only this file knows kWh, kW, € and local time. */
export interface MoneyAmount {
  minor: number;
  currency: string;
}

export type Format = ReturnType<typeof createFormat>;

/** Keeps a number and its unit on one line. */
const NBSP = "\u00a0";

const AGE_STEPS: [unit: Intl.RelativeTimeFormatUnit, seconds: number, below: number][] = [
  ["second", 1, 60],
  ["minute", 60, 3600],
  ["hour", 3600, 86_400],
  ["day", 86_400, 86_400 * 60],
  ["month", 86_400 * 30, 86_400 * 730],
  ["year", 86_400 * 365, Infinity],
];

/** Formatting functions of one locale (BCP 47); each answers an em dash for a value that is not known. */
export function createFormat(locale: string, timeZone?: string) {
  const unknown = "–";
  const decimals = [0, 1, 2, 3].map(
    (digits) => new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  );
  const relative = new Intl.RelativeTimeFormat(locale, { style: "narrow", numeric: "auto" });
  const dateTimeFormat = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone });
  const exactFormat = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium", timeZone });
  const timeFormat = new Intl.DateTimeFormat(locale, { timeStyle: "short", timeZone });
  const secondFormat = new Intl.DateTimeFormat(locale, { timeStyle: "medium", timeZone });
  const clockFormat = new Intl.DateTimeFormat(locale, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
    hourCycle: "h23",
    timeZone,
  });
  const dateFormat = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone });

  const monthFormat = new Intl.DateTimeFormat(locale, { month: "long", year: "numeric", timeZone: "UTC" });

  function number(value: number | null | undefined, digits: 0 | 1 | 2 | 3 = 0): string {
    return value == null ? unknown : (decimals[digits]?.format(value) ?? unknown);
  }

  const roundFormat = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });

  function scaled(value: number, steps: [limit: number, divisor: number, digits: 0 | 1 | 2 | 3, unit: string][]): string {
    const step = steps.find(([limit]) => Math.abs(value) < limit);
    if (!step) return number(value);
    const [, divisor, digits, unit] = step;
    return `${number(value / divisor, digits)}${NBSP}${unit}`;
  }

  function instant(format: Intl.DateTimeFormat) {
    return (at: string | null | undefined): string => (at == null ? unknown : format.format(new Date(at)));
  }

  function money(amount: MoneyAmount | null | undefined): string {
    if (amount == null) return unknown;
    const format = new Intl.NumberFormat(locale, { style: "currency", currency: amount.currency });
    return format.format(amount.minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
  }

  return {
    locale,
    unknown,
    number,
    money,
    /** A price rate such as "0.49" in major units, with as many decimals as it needs. */
    rate: (price: string | null | undefined, currency: string): string => {
      if (price == null || price === "") return unknown;
      return new Intl.NumberFormat(locale, { style: "currency", currency, maximumFractionDigits: 6 }).format(Number(price));
    },
    /** A decimal text such as "12.345" with no more digits than it means. */
    quantity: (decimal: string | null | undefined): string => {
      if (decimal == null || decimal === "") return unknown;
      return new Intl.NumberFormat(locale, { maximumFractionDigits: 4 }).format(Number(decimal));
    },
    energy: (wh: number | null | undefined): string => {
      if (wh == null) return unknown;
      return scaled(wh, [
        [100_000, 1000, 2, "kWh"],
        [10_000_000, 1000, 1, "kWh"],
        [Infinity, 1_000_000, 1, "MWh"],
      ]);
    },
    power: (w: number | null | undefined): string => {
      if (w == null) return unknown;
      return scaled(w, [
        [1_000_000, 1000, 1, "kW"],
        [Infinity, 1_000_000, 2, "MW"],
      ]);
    },
    /** Round figures without idle zeros, for scales and ratings: "150 kW", "7.4 kW". */
    powerRating: (w: number): string => `${roundFormat.format(w / 1000)}${NBSP}kW`,
    energyTick: (wh: number): string => `${roundFormat.format(wh / 1000)}${NBSP}kWh`,
    percent: (value: number | null | undefined, digits: 0 | 1 = 0): string => {
      return value == null ? unknown : `${number(value, digits)}${NBSP}%`;
    },
    current: (a: number | null | undefined) => (a == null ? unknown : `${number(a, 1)}${NBSP}A`),
    voltage: (v: number | null | undefined) => (v == null ? unknown : `${number(v, 0)}${NBSP}V`),
    /** A length of time in its two largest parts: "1 h 05 min", "4 min 10 s", "12 s". */
    duration: (totalSeconds: number | null | undefined): string => {
      if (totalSeconds == null) return unknown;
      const seconds = Math.max(0, Math.round(totalSeconds));
      const two = (value: number) => String(value).padStart(2, "0");
      const hours = Math.floor(seconds / 3600);
      const minutes = Math.floor((seconds % 3600) / 60);
      if (hours >= 24) return `${number(Math.floor(hours / 24))}${NBSP}d${NBSP}${two(hours % 24)}${NBSP}h`;
      if (hours > 0) return `${hours}${NBSP}h${NBSP}${two(minutes)}${NBSP}min`;
      if (minutes > 0) return `${minutes}${NBSP}min${NBSP}${two(seconds % 60)}${NBSP}s`;
      return `${seconds}${NBSP}s`;
    },
    /** How long ago an instant was. An instant a little ahead of this machine's clock counts as now. */
    age: (at: string | null | undefined, nowMs: number): string => {
      if (at == null) return unknown;
      const seconds = Math.max(0, Math.round((nowMs - Date.parse(at)) / 1000));
      const [unit, size] = AGE_STEPS.find(([, , below]) => seconds < below) ?? ["year", 86_400 * 365];
      return relative.format(-Math.floor(seconds / size), unit);
    },
    dateTime: instant(dateTimeFormat),
    /** Date and time with seconds. */
    exact: instant(exactFormat),
    time: instant(timeFormat),
    /** Time of day for the scale of a chart, as fine as the scale is. */
    timeTick: (atMs: number, withSeconds: boolean): string => (withSeconds ? secondFormat : timeFormat).format(atMs),
    /** Time of day with milliseconds, for logs. */
    clock: instant(clockFormat),
    date: instant(dateFormat),
    /** A month such as "2026-11" by its name: it is the same wherever it is read. */
    month: (month: string): string => monthFormat.format(new Date(`${month}-01T00:00Z`)),
  };
}
