/** What happened lately, newest first; filled by live events and kept outside React, so that no page pays for what it does not show. */
export interface Activity {
  /** Unique in the feed. */
  key: string;
  kind: "station" | "session" | "command";
  /** The station, session or command. */
  id: string;
  at: string;
  stationId: string | null;
  stationIdentity: string | null;
  /** What happened, in the interface's word: a state, or what became of a station ("online", "booted" …). */
  what: string;
  /** For a connector's status. */
  evseNumber?: number | undefined;
  /** For a command. */
  commandType?: string | undefined;
}

const LENGTH_MAX = 60;

export class ActivityFeed {
  #items: readonly Activity[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #lastSaid = new Map<string, string>();
  #count = 0;

  /** Adds what happened; a hint that repeats what was said last of the same thing is no news. */
  add(activity: Omit<Activity, "key">): void {
    const subject = `${activity.kind}:${activity.id}:${activity.evseNumber ?? ""}`;
    if (this.#lastSaid.get(subject) === activity.what) return;
    this.#lastSaid.set(subject, activity.what);
    this.#count += 1;
    this.#items = [{ ...activity, key: String(this.#count) }, ...this.#items].slice(0, LENGTH_MAX);
    this.#listeners.forEach((listener) => {
      listener();
    });
  }

  readonly items = (): readonly Activity[] => this.#items;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
