import type { FleetLimit, FleetLimitUse } from "@voltway/api";
import { expect, test } from "vitest";
import { limitOf, limitsAfter, limitValues, usedPercent } from "./limits.ts";

const ENERGY: FleetLimit = { kind: "fleet", target_id: null, span: "month", energy_wh: 1_500_500, amount_minor: null, currency: null };
const EUROS: FleetLimit = { kind: "vehicle", target_id: "v1", span: "week", energy_wh: null, amount_minor: 12_345, currency: "EUR" };
const YEN: FleetLimit = { ...EUROS, currency: "JPY" };

function used(limit: FleetLimit, amount: number): FleetLimitUse {
  const isEnergy = limit.energy_wh != null;
  return { ...limit, since: "2026-11-01T00:00:00Z", used_wh: isEnergy ? amount : null, used_minor: isEnergy ? null : amount };
}

test.each([ENERGY, EUROS, YEN])("a limit comes back from its form as it was", (limit) => {
  expect(limitOf(limitValues(limit, "EUR"))).toEqual(limit);
});

test("people write kWh and major units, of which a currency has as many digits as it has", () => {
  expect(limitValues(ENERGY, "EUR").amount).toBe(1500.5);
  expect(limitValues(EUROS, "SEK")).toMatchObject({ amount: 123.45, currency: "EUR" });
  expect(limitValues(YEN, "EUR").amount).toBe(12_345);
  expect(limitOf({ ...limitValues(EUROS, "EUR"), amount: "0.29" }).amount_minor).toBe(29);
});

test("a limit of the whole fleet names nobody, whoever was chosen before", () => {
  expect(limitOf({ ...limitValues(EUROS, "EUR"), kind: "fleet" }).target_id).toBeNull();
});

test("a change keeps the other limits, and takes the place of one for the same", () => {
  const all = [used(ENERGY, 1), used(EUROS, 2)];
  expect(limitsAfter(all, null, YEN)).toEqual([ENERGY, EUROS, YEN]);
  expect(limitsAfter(all, ENERGY, null)).toEqual([EUROS]);
  expect(limitsAfter(all, ENERGY, { ...ENERGY, span: "day" })).toEqual([EUROS, { ...ENERGY, span: "day" }]);
  expect(limitsAfter(all, null, { ...EUROS, amount_minor: 1 })).toEqual([ENERGY, { ...EUROS, amount_minor: 1 }]);
  expect(limitsAfter(all, ENERGY, { ...EUROS, amount_minor: 1 })).toEqual([{ ...EUROS, amount_minor: 1 }]);
});

test("use is told in percent, also beyond the limit; a limit of nothing is used up", () => {
  expect(usedPercent(used(ENERGY, 750_250))).toBe(50);
  expect(usedPercent(used(EUROS, 24_690))).toBe(200);
  expect(usedPercent(used({ ...EUROS, amount_minor: 0 }, 0))).toBe(100);
});
