import type { BulkOrder, BulkStation } from "@voltway/api";
import { expect, it } from "vitest";
import { again, argumentsOf, BULK_TYPES } from "./orders.ts";

const VALUES = { mode: "on_idle", operative: "false", message: "Heartbeat", template: "t" } as const;

it("gives each kind of order its arguments and no others", () => {
  expect(Object.fromEntries(BULK_TYPES.map((type) => [type, argumentsOf(type, VALUES)]))).toEqual({
    reset: { mode: "on_idle" },
    change_availability: { operative: false },
    trigger_message: { message: "Heartbeat" },
    clear_cache: {},
    apply_template: { template_id: "t" },
  });
});

it("tries again where it came to nothing, and leaves out who cannot and who has done it", () => {
  const order = { type: "reset", arguments: { mode: "on_idle" }, reason: "x" } as unknown as BulkOrder;
  const stations = (["accepted", "rejected", "offline", "skipped", "timed_out"] as const).map((state) => ({ station_id: state, state }) as BulkStation);
  expect(again(order, stations)).toEqual({ ...order, station_ids: ["rejected", "offline", "timed_out"] });
  expect(again(order, stations.slice(0, 1))).toBeNull();
});
