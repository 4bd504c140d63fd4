import { expect, it } from "vitest";
import { bookingFilter, readBookingSearch } from "./search.ts";

it("reads from the address only what there is", () => {
  expect(readBookingSearch({ tab: "queue", place: "called", state: "gone", since: "2026-02-31x", location: "l-1" })).toEqual({
    tab: "queue",
    place: "called",
    location: "l-1",
  });
});

it("asks for whole days of the reader", () => {
  const filter = bookingFilter({ since: "2026-11-26", until: "2026-11-26", state: "no_show" });
  expect(filter.since).toBe(new Date(2026, 10, 26).toISOString());
  expect(Date.parse(filter.until ?? "") - Date.parse(filter.since ?? "")).toBe(86_399_999);
  expect(filter.state).toBe("no_show");
});
