import type { TFunction } from "i18next";

/** A review reason as a sentence fragment: the server's machine word with its underscores read as spaces. */
export function reviewText(t: TFunction, reason: string): string {
  const words = reason.replaceAll("_", " ");
  return t("sessions.reviewReason", { reason: words.charAt(0).toUpperCase() + words.slice(1) });
}
