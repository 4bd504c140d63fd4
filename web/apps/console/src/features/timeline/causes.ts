import type { TimelineCause } from "@voltway/api";

/** Causes that are no reason to worry somebody who did not ask. */
const USUAL = new Set(["nothing_unusual", "rebooted", "limit_reached", "reserved", "suspended_by_car", "fault_passed"]);

export function isUnusual({ name }: TimelineCause): boolean {
  return !USUAL.has(name);
}
