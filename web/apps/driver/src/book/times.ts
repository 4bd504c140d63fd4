/** Days and lengths of slots, by the clock of the place. Pure. */

const HOUR_MS = 3_600_000;
/** No clock on earth is further behind UTC, or further ahead. */
const BEHIND_H = 12, AHEAD_H = 14;

/** The days on which a slot could begin, `2026-01-31`, today first. */
export function daysAhead(nowMs: number, horizonDays: number, timeZone: string): string[] {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  const days = Array.from({ length: horizonDays + 1 }, (_, index) => format.format(nowMs + index * 24 * HOUR_MS));
  return [...new Set(days)];
}

/** A time that holds the whole of a day, whatever the place's clock. */
export function daySpan(day: string): { since: string; until: string } {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  return { since: new Date(midnight - AHEAD_H * HOUR_MS).toISOString(), until: new Date(midnight + (24 + BEHIND_H) * HOUR_MS).toISOString() };
}

/** The lengths that are offered: all steps while they are few, else quarters of an hour, half hours, hours. */
export function lengths(step: number, least: number, most: number): number[] {
  const every = [...Array(Math.floor(most / step)).keys()].map((index) => (index + 1) * step).filter((length) => length >= least);
  const coarse = [15, 30, 60].map((grid) => every.filter((length) => length % grid === 0));
  return [every, ...coarse].find((some) => some.length > 0 && some.length <= 12) ?? coarse.findLast((some) => some.length > 0) ?? every;
}

/** Whole seconds until an instant, never less than none. */
export function secondsTo(until: string, nowMs: number): number {
  return Math.max(0, Math.round((Date.parse(until) - nowMs) / 1000));
}

/** "3 h" for "3 h 00 min": lengths that are chosen are round. */
export function inShort(duration: string): string {
  return duration.replace(/\u00a000\u00a0\w+$/, "");
}
