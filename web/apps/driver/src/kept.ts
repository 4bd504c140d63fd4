/** What the server said last, so that a phone without a network still shows something, with its age. */
const PREFIX = "voltway.kept.";
const MOST = 100;

export interface Kept<T> {
  value: T;
  /** When the server said it, ms since 1970. */
  atMs: number;
}

/** Keeps an answer; the oldest make room. A browser without storage keeps nothing. */
export function keep(key: string, value: unknown, atMs: number): void {
  try {
    const ours = Object.keys(localStorage).filter((each) => each.startsWith(PREFIX) && each !== PREFIX + key);
    const byAge = ours.sort((one, other) => (read(one)?.atMs ?? 0) - (read(other)?.atMs ?? 0));
    byAge.slice(0, Math.max(0, byAge.length + 1 - MOST)).forEach((each) => { localStorage.removeItem(each); });
    localStorage.setItem(PREFIX + key, JSON.stringify({ value, atMs }));
  } catch {
    // full or forbidden: the page works without
  }
}

export function recall<T>(key: string): Kept<T> | null {
  return read(PREFIX + key) as Kept<T> | null;
}

function read(key: string): Kept<unknown> | null {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null") as Kept<unknown> | null;
  } catch {
    return null;
  }
}
