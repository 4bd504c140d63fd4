import { ProblemError } from "@voltway/api";
import i18next from "i18next";

/** What went wrong, for a person: the server's own detail where there is one; of its own failure, by what to find it in the log. */
export function problemText(error: unknown): string {
  if (!(error instanceof ProblemError)) return i18next.t("problem.unexpected");
  if (error.isUnreachable) return i18next.t("problem.unreachable");
  const text = error.detail ?? error.title;
  return error.status >= 500 && error.correlationId ? `${text} ${i18next.t("problem.reference", { id: error.correlationId })}` : text;
}
