import { expect, it } from "vitest";
import { limitsOf, limitValues } from "./limits.ts";

const NONE = { group: null, concurrent_max: null, session_limit: null, quota: null };

it("a token without limits keeps none", () => {
  expect(limitsOf(limitValues(NONE), NONE)).toEqual(NONE);
});

it("reads kWh and minutes, and writes Wh and seconds", () => {
  const values = { ...limitValues(NONE), group: " fleet ", session_kwh: 12.345, session_minutes: 90, day_kwh: 40 };
  expect(limitsOf(values, NONE)).toEqual({
    group: "fleet",
    concurrent_max: null,
    session_limit: { energy_wh: 12345, duration_s: 5400 },
    quota: { time_zone: "Europe/Berlin", energy_wh_per_day: 40_000, energy_wh_per_month: null },
  });
});

it("keeps limits of money and a time zone that it does not show", () => {
  const cost = { minor: 5000, currency: "EUR" };
  const token = { ...NONE, session_limit: { cost }, quota: { time_zone: "Asia/Tokyo", cost_per_day: cost, energy_wh_per_day: 1000 } };
  expect(limitsOf({ ...limitValues(token), day_kwh: "" }, token)).toMatchObject({
    session_limit: { cost, energy_wh: null },
    quota: { time_zone: "Asia/Tokyo", cost_per_day: cost, energy_wh_per_day: null },
  });
});
