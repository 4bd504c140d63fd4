import type { Charge } from "@voltway/api";
import type { Word } from "./texts.ts";

export type StepName = "payment" | "accepted" | "plugged" | "charging";
export type StepState = "done" | "now" | "todo" | "failed";
export interface Step {
  name: StepName;
  state: StepState;
}

const ORDER: readonly StepName[] = ["payment", "accepted", "plugged", "charging"];
const HAS_MONEY = new Set(["held", "capturing", "captured"]);
const CAUSES: Readonly<Record<string, Word>> = {
  declined: "cause_declined", insufficient_funds: "cause_insufficient_funds", not_confirmed: "cause_not_confirmed", cancelled: "cause_cancelled",
  station_offline: "cause_station_offline", station_refused: "cause_station_refused", not_possible: "cause_not_possible",
  not_plugged_in: "cause_not_plugged_in", no_energy: "cause_no_energy",
};
/** At which step a start came to nothing. */
const FAILED_AT: Readonly<Record<string, StepName>> = { not_plugged_in: "plugged", no_energy: "charging" };

export type Phase = "starting" | "charging" | "ended" | "failed";

/** Where a charge is. One that nothing was taken for has failed, whatever its session says. */
export function phaseOf({ payment, session }: Charge): Phase {
  if (payment.state === "failed" || payment.state === "released" || payment.start === "failed") return "failed";
  if (session?.state === "ended") return "ended";
  return payment.start === "running" && session !== null ? "charging" : "starting";
}

/** The four steps from the payment to the current. A car may be plugged in before anybody pays. */
export function stepsOf(charge: Charge | null): Step[] {
  if (charge === null) return ORDER.map((name, index) => ({ name, state: index === 0 ? "now" : "todo" }));
  const { payment, session } = charge;
  const isRunning = session !== null && payment.start !== "failed";
  const isDone: Record<StepName, boolean> = {
    payment: HAS_MONEY.has(payment.state) || isRunning || payment.start === "failed" && payment.state !== "failed" && payment.reason !== "cancelled",
    accepted: payment.start === "accepted" || payment.start === "running" || isRunning || payment.reason === "not_plugged_in" || payment.reason === "no_energy",
    plugged: charge.point?.is_plugged_in === true || isRunning || payment.reason === "no_energy",
    charging: isRunning && (session.energy_wh > 0 || session.charging_state === "Charging"),
  };
  const failedAt = phaseOf(charge) !== "failed" ? null : isDone.payment ? (FAILED_AT[payment.reason ?? ""] ?? "accepted") : "payment";
  let isNowTaken = failedAt !== null;
  return ORDER.map((name) => {
    if (name === failedAt) return { name, state: "failed" };
    if (isDone[name]) return { name, state: "done" };
    if (isNowTaken) return { name, state: "todo" };
    isNowTaken = true;
    return { name, state: "now" };
  });
}

/** Why it did not work, as a word. */
export function causeOf(charge: Charge): Word {
  return CAUSES[charge.payment.reason ?? ""] ?? "cause_other";
}

/** Whether nothing changes any more: it is over, and its paper is there or nothing was taken. */
export function isOver(charge: Charge): boolean {
  return phaseOf(charge) === "failed"
    ? charge.payment.state === "failed" || charge.payment.state === "released"
    : phaseOf(charge) === "ended" && charge.payment.state === "captured" && charge.receipt !== null;
}

/** Whole seconds until an instant, by the server's clock: `at` is when it answered, `sinceMs` how long ago that was. */
export function secondsUntil(instant: string, at: string, sinceMs: number): number {
  return Math.max(0, Math.ceil((Date.parse(instant) - Date.parse(at) - sinceMs) / 1000));
}
