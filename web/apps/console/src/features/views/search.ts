import type { SavedViewCreate } from "@voltway/api";

/** What of an address is kept in a view: filters and order, as plain values. */
export function toKept(search: object): SavedViewCreate["search"] {
  const given = Object.entries(search).filter((entry): entry is [string, string | number | boolean] => ["string", "number", "boolean"].includes(typeof entry[1]));
  return Object.fromEntries(given);
}

/** Whether an address is that of a view. */
export function isSame(search: object, kept: SavedViewCreate["search"]): boolean {
  const now = toKept(search);
  const names = new Set([...Object.keys(now), ...Object.keys(kept)]);
  return [...names].every((name) => now[name] === kept[name]);
}
