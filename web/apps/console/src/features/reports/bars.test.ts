import { expect, test } from "vitest";
import { barsOf } from "./bars.ts";
import { groupsOf, KINDS, ofKind, shownColumns, type Kind, type ReportQuestion } from "./kinds.ts";

const MARCH: ReportQuestion = { kind: "revenue", since: "2026-03-01", until: "2026-04-01", groupBy: "day" };

function day(on: string, incl_minor: number, currency = "EUR") {
  return { day: on, currency, incl_minor };
}

test("days without anything are bars of nothing, and days to come are none", () => {
  const bars = barsOf(MARCH, [day("2026-03-02", 500), day("2026-03-04", 700)], "2026-03-05");
  expect(bars.map(({ name, value }) => [name, value])).toEqual([
    ["2026-03-01", 0],
    ["2026-03-02", 500],
    ["2026-03-03", 0],
    ["2026-03-04", 700],
    ["2026-03-05", 0],
  ]);
});

test("a day that is ahead of this machine's is shown all the same", () => {
  expect(barsOf(MARCH, [day("2026-03-02", 1)], "2026-03-01").map(({ name }) => name)).toEqual(["2026-03-01", "2026-03-02"]);
});

test("a share of nothing is no bar", () => {
  const rows = [
    { day: "2026-03-02", success_percent: 90 },
    { day: "2026-03-04", success_percent: null },
    { day: "2026-03-05", success_percent: 100 },
  ];
  const bars = barsOf({ ...MARCH, kind: "success" }, rows, "2026-03-31");
  expect(bars.map(({ value }) => value)).toEqual([90, 100]);
});

test("places are named; one line and several currencies are not drawn", () => {
  const rows = [
    { location: "Hafenblick", location_id: "1", currency: "EUR", incl_minor: 3 },
    { location: null, location_id: null, currency: "EUR", incl_minor: 4 },
  ];
  const byPlace: ReportQuestion = { ...MARCH, groupBy: "location_id" };
  expect(barsOf(byPlace, rows, "2026-03-31").map(({ name }) => name)).toEqual(["Hafenblick", null]);
  expect(barsOf(byPlace, rows.slice(1), "2026-03-31")).toEqual([]);
  expect(barsOf(MARCH, [day("2026-03-02", 1), day("2026-03-02", 2, "SEK")], "2026-03-31")).toEqual([]);
  expect(barsOf({ ...MARCH, groupBy: null }, [day("2026-03-02", 1)], "2026-03-31")).toEqual([]);
});

test("another kind keeps the group that it has, else begins with its first", () => {
  expect(ofKind({ ...MARCH, groupBy: "location_id" }, "energy").groupBy).toBe("location_id");
  expect(ofKind({ ...MARCH, groupBy: "location_id" }, "payments").groupBy).toBe("day");
  expect(ofKind(MARCH, "wallets").groupBy).toBeNull();
  for (const kind of Object.keys(KINDS) as Kind[]) expect(new Set(groupsOf(kind)).size).toBe(groupsOf(kind).length);
});

test("ids are not shown", () => {
  expect(shownColumns(["station_identity", "station_id", "sessions"])).toEqual(["station_identity", "sessions"]);
});
