import type { FleetStatementLine } from "@voltway/api";
import { expect, test } from "vitest";
import { statementMonths, statementTotals } from "./statements.ts";

const LINE: FleetStatementLine = {
  ...{ cost_centre_id: null, cost_centre: null, vehicle_id: null, plate: null },
  ...{ sessions: 2, energy_wh: 10_000, currency: "EUR", excl_vat_minor: 500, incl_vat_minor: 600 },
};

test("months begin with this one in the fleet's time zone, and go back a year, or to when the fleet was made", () => {
  const now = Date.parse("2026-10-31T23:30:00Z");
  expect(statementMonths("2026-10-01T00:00:00Z", now, "UTC").slice(0, 2)).toEqual(["2026-10", "2026-09"]);
  expect(statementMonths("2026-10-01T00:00:00Z", now, "Europe/Berlin")[0]).toBe("2026-11");
  expect(statementMonths("2026-10-01T00:00:00Z", now, "UTC")).toHaveLength(12);
  expect(statementMonths("2024-12-15T00:00:00Z", now, "UTC").at(-1)).toBe("2024-12");
});

test("currencies are not added to each other, and what has no price has no amount", () => {
  const unpriced = { ...LINE, currency: null, excl_vat_minor: null, incl_vat_minor: null };
  expect(statementTotals([LINE, { ...LINE, plate: "A 1", incl_vat_minor: 1 }, { ...LINE, currency: "SEK" }, unpriced])).toEqual([
    { currency: "EUR", sessions: 4, energy_wh: 20_000, excl_vat_minor: 1000, incl_vat_minor: 601 },
    { currency: "SEK", sessions: 2, energy_wh: 10_000, excl_vat_minor: 500, incl_vat_minor: 600 },
    { currency: null, sessions: 2, energy_wh: 10_000, excl_vat_minor: null, incl_vat_minor: null },
  ]);
});
