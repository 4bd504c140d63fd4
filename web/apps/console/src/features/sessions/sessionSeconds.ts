import type { Session } from "@voltway/api";

/** How long a session has lasted, or lasts so far, in seconds. */
export function sessionSeconds({ started_at, ended_at }: Pick<Session, "started_at" | "ended_at">, nowMs: number): number {
  const end = ended_at === null ? nowMs : Date.parse(ended_at);
  return Math.max(0, (end - Date.parse(started_at)) / 1000);
}
