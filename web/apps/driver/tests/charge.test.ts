import type { Charge } from "@voltway/api";
import { beforeEach, expect, test } from "vitest";
import { allPending, choose, forget, pending, prepare, remember } from "../src/charge/pending.ts";
import { causeOf, isOver, phaseOf, secondsUntil, stepsOf } from "../src/charge/steps.ts";
import { TEXTS } from "../src/charge/texts.ts";
import { routeOf } from "../src/routes.ts";

beforeEach(() => { allPending().forEach((each) => { forget(each.key); }); });

const EURO = { minor: 0, currency: "EUR" };

function aCharge(payment: Partial<Charge["payment"]>, more: Partial<Charge> = {}): Charge {
  return {
    at: "2026-01-01T12:00:00.000Z", point: null, price: [], plug_until: null, retry_until: null, session: null, idle: null, receipt: null, ...more,
    payment: {
      payment_id: "p", key: "k", state: "held", is_pending: false, start: "ordered", reason: null, method: "card", held: EURO, captured: EURO, refunded: EURO,
      limit: EURO, action_url: null, session_id: null, hold_expires_at: null, created_at: "2026-01-01T12:00:00.000Z", ...payment,
    },
  };
}

const SESSION: NonNullable<Charge["session"]> = {
  state: "active", charging_state: "Charging", started_at: "2026-01-01T12:00:00.000Z", ended_at: null, charging_ended_at: null, unplugged_at: null,
  told_at: "2026-01-01T12:00:00.000Z", stop_reason: null, energy_wh: 10, power_w: null, soc_percent: null, cost: null, is_cost_final: false,
};
const states = (charge: Charge | null) => stepsOf(charge).map((step) => step.state).join(" ");

test("the steps go from the payment to the current, and one is under way at a time", () => {
  expect(states(null)).toBe("now todo todo todo");
  expect(states(aCharge({ state: "holding", start: "due" }))).toBe("now todo todo todo");
  expect(states(aCharge({}))).toBe("done now todo todo");
  expect(states(aCharge({ start: "accepted" }))).toBe("done done now todo");
  expect(states(aCharge({ start: "running" }, { session: { ...SESSION, energy_wh: 0, charging_state: null } }))).toBe("done done done now");
  expect(states(aCharge({ start: "running" }, { session: SESSION }))).toBe("done done done done");
});

test("a failure stands at the step where it happened, with its cause", () => {
  const declined = aCharge({ state: "failed", reason: "declined", start: "due" });
  expect([states(declined), causeOf(declined), phaseOf(declined)]).toEqual(["failed todo todo todo", "cause_declined", "failed"]);
  const refused = aCharge({ start: "failed", reason: "station_refused" });
  expect([states(refused), causeOf(refused)]).toEqual(["done failed todo todo", "cause_station_refused"]);
  expect(states(aCharge({ state: "released", start: "failed", reason: "not_plugged_in" }))).toBe("done done failed todo");
  expect(causeOf(aCharge({ reason: "something new" }))).toBe("cause_other");
});

test("a charge is over when its paper is there, or when what was held is let go", () => {
  const ended = { session: { ...SESSION, state: "ended" as const } };
  expect(isOver(aCharge({ state: "captured", start: "running" }, ended))).toBe(false);
  expect(isOver(aCharge({ state: "captured", start: "running" }, { ...ended, receipt: { kind: "receipt", number: "1", url: "/r/x" } }))).toBe(true);
  expect(isOver(aCharge({ start: "failed" }))).toBe(false);
  expect(isOver(aCharge({ state: "released", start: "failed" }))).toBe(true);
});

test("what is left is counted by the server's clock, whatever the phone's says", () => {
  expect(secondsUntil("2026-01-01T12:00:30.000Z", "2026-01-01T12:00:00.000Z", 4500)).toBe(26);
  expect(secondsUntil("2026-01-01T12:00:30.000Z", "2026-01-01T12:00:00.000Z", 60_000)).toBe(0);
});

test("a payment is kept before it is sent, each under a key of its own", () => {
  const wish = { code: "ABCD2345-1", method: "card", source: "card_ok", limitMinor: null, currency: "EUR", isOwn: false };
  const first = prepare(wish);
  expect(pending()).toEqual({ ...wish, key: first.key, payment: null, wasSent: false });
  expect(first.key.length).toBeGreaterThanOrEqual(32);
  const second = prepare({ ...wish, code: "ABCD2345-2" });
  expect(second.key).not.toBe(first.key);
  expect(pending()?.key).toBe(second.key);
  remember({ ...first, payment: { id: "p", key: "k" } });
  choose(first.key);
  expect(pending()?.payment?.id).toBe("p");
  forget(first.key);
  expect(allPending().map((each) => each.code)).toEqual(["ABCD2345-2"]);
});

test("addresses lead to their pages", () => {
  expect(routeOf("#/c/ABCD2345-1?t=x%20y")).toEqual({ page: "code", code: "ABCD2345-1", password: "x y" });
  expect(routeOf("#/c/%E0%A4%A")).toEqual({ page: "code", code: "%E0%A4%A", password: null });
  expect(routeOf("#/c")).toEqual({ page: "enter" });
  expect(routeOf("#/charge")).toEqual({ page: "charge" });
  expect(routeOf("#/places/01-a")).toEqual({ page: "place", id: "01-a" });
  expect(routeOf("#secret", "/app/verify-email")).toEqual({ page: "me", part: "confirm", rest: "secret" });
  expect(routeOf("")).toEqual({ page: "places" });
});

test("each language names the same places in its texts", () => {
  const placesIn = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const [word, text] of Object.entries(TEXTS.en)) {
    for (const language of ["de", "zh"] as const) expect(placesIn(TEXTS[language][word as keyof typeof TEXTS.en]), `${language} ${word}`).toEqual(placesIn(text));
  }
});
