import type { TFunction } from "i18next";

const REASONS = [
  "conflict",
  "end_lost",
  "end_unreported",
  "meter_implausible",
  "meter_missing",
  "register_decreased",
  "register_missing",
  "signed_energy_differs",
  "signed_value_invalid",
  "start_missing",
  "time_implausible",
  "power_above_rating",
  "not_authorized",
  "message_id_reused",
  "clock_set",
  "superseded",
  "restored",
  "held",
  "released",
  "not_billed",
  "credited",
] as const;

/** Why somebody should look at a session, as a sentence; a reason that this console does not know by the server's own word. */
export function reviewText(t: TFunction, reason: string): string {
  const known = REASONS.find((one) => one === reason);
  if (known) return t(`sessions.reason.${known}`);
  const words = reason.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
