/** What happened lately, newest first; filled by live events and kept outside React, so that no page pays for what it does not show. */
export interface Activity {
  /** Unique in the feed. */
  key: string;
  kind: "station" | "session" | "command";
  /** The station, session or command. */
  id: string;
  at: string;
  stationIdentity: string | null;
  /** The state it is in since then, in the interface's word; null where the event did not say. */
  state: string | null;
}

const LENGTH_MAX = 60;

export class ActivityFeed {
  #items: readonly Activity[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #lastState = new Map<string, string | null>();
  #count = 0;

  /** Adds a change of state; a hint that repeats the known state is no news. */
  add(activity: Omit<Activity, "key">): void {
    const subject = `${activity.kind}:${activity.id}`;
    if (activity.state !== null && this.#lastState.get(subject) === activity.state) return;
    this.#lastState.set(subject, activity.state);
    const previous = this.#items[0];
    if (activity.state === null && previous?.kind === activity.kind && previous.id === activity.id) return;
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
