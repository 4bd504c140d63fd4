import type { TimelineCause } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { timeline } from "../../locales/en/timeline.ts";

type CauseName = keyof typeof timeline.timeline.cause;
const isKnown = (name: string): name is CauseName => name in timeline.timeline.cause;

/** A cause in the reader's language; one that the server has learned since in the server's own words. */
export function useCauseWords(): (cause: TimelineCause) => { title: string; next: string } {
  const { t } = useTranslation();
  return ({ name, title, next_step: next }) =>
    isKnown(name) ? { title: t(`timeline.cause.${name}.title`), next: t(`timeline.cause.${name}.next`) } : { title, next };
}
