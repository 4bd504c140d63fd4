import { describe, expect, it } from "vitest";
import { createFormat } from "./format.ts";

const en = createFormat("en", "UTC");
const de = createFormat("de", "Europe/Berlin");
/** Reads a text whose number and unit are kept together by no-break spaces. */
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");

describe("energy and power", () => {
  it("turns Wh into kWh and large sums into MWh", () => {
    expect(plain(en.energy(0))).toBe("0.00 kWh");
    expect(plain(en.energy(7_384))).toBe("7.38 kWh");
    expect(plain(en.energy(1_234_560))).toBe("1,234.6 kWh");
    expect(plain(en.energy(48_250_000))).toBe("48.3 MWh");
    expect(plain(de.energy(1_234_560))).toBe("1.234,6 kWh");
  });

  it("turns W into kW and MW and keeps the sign of power that flows back", () => {
    expect(plain(en.power(7_360))).toBe("7.4 kW");
    expect(plain(en.power(-7_360))).toBe("-7.4 kW");
    expect(plain(en.power(1_240_000))).toBe("1.24 MW");
  });

  it("does not invent a value that is not known", () => {
    expect([en.energy(null), en.power(undefined), en.money(null), en.age(null, 0), en.dateTime(null)]).toEqual(Array(5).fill("–"));
  });
});

describe("money", () => {
  it("places the decimal point where the currency has it", () => {
    expect(en.money({ minor: 1234, currency: "EUR" })).toBe("€12.34");
    expect(en.money({ minor: 1234, currency: "JPY" })).toBe("¥1,234");
    expect(en.money({ minor: 1234, currency: "KWD" }).replace(/\s/g, " ")).toBe("KWD 1.234");
    expect(plain(de.money({ minor: 123456, currency: "EUR" }))).toBe("1.234,56 €");
  });

  it("shows a rate with all of its decimals", () => {
    expect(en.rate("0.4925", "EUR")).toBe("€0.4925");
    expect(en.rate("0.5", "EUR")).toBe("€0.50");
  });
});

describe("time", () => {
  const now = Date.parse("2026-03-10T12:00:00Z");

  it.each([
    ["2026-03-10T11:59:48Z", "12s ago"],
    ["2026-03-10T11:57:00Z", "3m ago"],
    ["2026-03-10T07:00:00Z", "5h ago"],
    ["2026-03-08T12:00:00Z", "2d ago"],
  ])("tells the age of %s", (at, age) => {
    expect(en.age(at, now).replace("min", "m")).toBe(age);
  });

  it("treats an instant ahead of this clock as now", () => {
    expect(en.age("2026-03-10T12:00:03Z", now)).toBe("now");
  });

  it("shows instants in the reader's time zone", () => {
    expect(plain(de.time("2026-03-10T12:00:00Z"))).toBe("13:00");
    expect(createFormat("en-US", "America/New_York").month("2026-03")).toBe("March 2026");
    expect(createFormat("de-DE").month("2026-03")).toBe("März 2026");
    expect(plain(en.dateTime("2026-03-10T12:00:00Z"))).toBe("Mar 10, 2026, 12:00 PM");
  });

  it.each([
    [12, "12 s"],
    [250, "4 min 10 s"],
    [3_900, "1 h 05 min"],
    [93_600, "1 d 02 h"],
  ])("writes %i s in its two largest parts", (seconds, text) => {
    expect(plain(en.duration(seconds))).toBe(text);
  });
});
