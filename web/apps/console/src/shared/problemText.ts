import { ProblemError } from "@voltway/api";
import i18next from "i18next";

/** What went wrong, for a person: the server's own detail where there is one. */
export function problemText(error: unknown): string {
  if (!(error instanceof ProblemError)) return i18next.t("problem.unexpected");
  if (error.isUnreachable) return i18next.t("problem.unreachable");
  return error.detail ?? error.title;
}
