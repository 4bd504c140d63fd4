import type { BulkOrder, BulkOrderCreate, BulkStation } from "@voltway/api";

export const BULK_TYPES = ["reset", "change_availability", "trigger_message", "clear_cache", "apply_template"] as const satisfies BulkOrderCreate["type"][];
export type BulkType = (typeof BULK_TYPES)[number];

/** What people at stations notice asks for a reason. */
export const NEEDS_REASON: ReadonlySet<BulkType> = new Set(["reset", "change_availability"]);

export const STATES = ["accepted", "ordered", "waiting", "rejected", "failed", "timed_out", "offline", "skipped"] as const satisfies BulkStation["state"][];

/** States after which it may be worth another try. */
const TRIED_IN_VAIN: ReadonlySet<BulkStation["state"]> = new Set(["rejected", "failed", "timed_out", "offline"]);

export interface BulkValues {
  mode: "on_idle" | "immediate";
  operative: "true" | "false";
  message: string;
  template: string | null;
}

/** The arguments that an order of this kind has. */
export function argumentsOf(type: BulkType, { mode, operative, message, template }: BulkValues): Record<string, unknown> {
  switch (type) {
    case "reset":
      return { mode };
    case "change_availability":
      return { operative: operative === "true" };
    case "trigger_message":
      return { message };
    case "apply_template":
      return { template_id: template };
    case "clear_cache":
      return {};
  }
}

/** The same order once more, for those where it came to nothing; null: there are none. */
export function again({ type, arguments: args, reason }: BulkOrder, stations: BulkStation[]): BulkOrderCreate | null {
  const left = stations.filter(({ state }) => TRIED_IN_VAIN.has(state)).map(({ station_id }) => station_id);
  if (left.length === 0) return null;
  // What the server made once, it takes once more.
  return { type: type as BulkType, arguments: args, reason, station_ids: left };
}
