import { beforeEach, expect, it } from "vitest";
import { forgetReport, keptReports, withAnswer, type KeptReport } from "../src/report/reports.ts";
import { routeOf } from "../src/routes.ts";

const report: KeptReport = { id: "1", key: "k", where: "Harbour Quay", text: "Dark", state: "open", openedAt: "2026-01-01T00:00:00Z", hasPhoto: false };
const answer = { id: "1", key: "k", kind: "problem", state: "solved", opened_at: report.openedAt, changed_at: report.openedAt, solved_at: report.openedAt, has_photo: true } as const;

beforeEach(() => { localStorage.clear(); });

it("reads where a report is about from the address", () => {
  expect(routeOf("#/report/place-1")).toEqual({ page: "report", placeId: "place-1", code: "" });
  expect(routeOf("#/report/place-1/ABCD2345-1")).toEqual({ page: "report", placeId: "place-1", code: "ABCD2345-1" });
  expect(routeOf("#/reports")).toEqual({ page: "report", placeId: "", code: "" });
  expect(routeOf("#/reports/photo")).toEqual({ page: "report", placeId: "", code: "photo" });
  expect(routeOf("#/report/")).toEqual({ page: "places" });
});

it("takes over what the server says of a report, and of no other", () => {
  const other = { ...report, id: "2" };
  expect(withAnswer([report, other], answer)).toEqual([{ ...report, state: "solved", hasPhoto: true }, other]);
});

it("forgets one report, and reads nothing out of what is broken", () => {
  localStorage.setItem("voltway.reports", JSON.stringify([report, { ...report, id: "2" }, "x"]));
  expect(forgetReport("1").map((one) => one.id)).toEqual(["2"]);
  localStorage.setItem("voltway.reports", "{");
  expect(keptReports()).toEqual([]);
});
