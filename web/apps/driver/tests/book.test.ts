import { expect, test } from "vitest";
import { TEXTS } from "../src/book/texts.ts";
import { daysAhead, daySpan, inShort, lengths, secondsTo } from "../src/book/times.ts";
import { routeOf } from "../src/routes.ts";

test("days are those of the place, today first, also where it is tomorrow already and when a clock changes", () => {
  const late = Date.parse("2026-03-28T23:30:00Z");
  expect(daysAhead(late, 2, "UTC")).toEqual(["2026-03-28", "2026-03-29", "2026-03-30"]);
  expect(daysAhead(late, 1, "Asia/Shanghai")).toEqual(["2026-03-29", "2026-03-30"]);
  expect(daysAhead(late, 1, "Europe/Berlin")).toEqual(["2026-03-29", "2026-03-30"]);
});

test("a day is asked for with room for every clock on earth, and less than a week", () => {
  const { since, until } = daySpan("2026-01-31");
  expect(since).toBe("2026-01-30T10:00:00.000Z");
  expect(until).toBe("2026-02-01T12:00:00.000Z");
});

test("lengths are all steps while they are few, and coarser ones where they are many", () => {
  expect(lengths(15, 30, 60)).toEqual([30, 45, 60]);
  expect(lengths(15, 15, 240)).toEqual([30, 60, 90, 120, 150, 180, 210, 240]);
  expect(lengths(20, 25, 70)).toEqual([40, 60]);
});

test("round lengths are told in short, and a countdown never goes below nothing", () => {
  expect(inShort("3\u00a0h\u00a000\u00a0min")).toBe("3\u00a0h");
  expect(inShort("1\u00a0h\u00a030\u00a0min")).toBe("1\u00a0h\u00a030\u00a0min");
  expect(secondsTo("2026-01-01T00:00:10Z", Date.parse("2026-01-01T00:00:00Z"))).toBe(10);
  expect(secondsTo("2026-01-01T00:00:10Z", Date.parse("2026-01-01T00:01:00Z"))).toBe(0);
});

test("the addresses of booking, changing and waiting lead there, and nonsense to the list", () => {
  expect(routeOf("#/book/abc-1")).toEqual({ page: "booking", part: "book", rest: "abc-1" });
  expect(routeOf("#/book/abc-1/def-2")).toEqual({ page: "booking", part: "book", rest: "abc-1/def-2" });
  expect(routeOf("#/queue/abc-1")).toEqual({ page: "booking", part: "queue", rest: "abc-1" });
  expect(routeOf("#/bookings")).toEqual({ page: "booking", part: "bookings", rest: "" });
  expect(routeOf("#/book/<b>")).toEqual({ page: "places" });
});

test("every language fills in the same figures", () => {
  const figures = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  for (const [word, text] of Object.entries(TEXTS.en)) {
    for (const texts of [TEXTS.de, TEXTS.zh]) expect([word, figures(texts[word as keyof typeof texts])]).toEqual([word, figures(text)]);
  }
});
