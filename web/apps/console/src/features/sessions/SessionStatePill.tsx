import { IconBolt, IconCheck, IconCircleDashed, IconHourglassHigh, StatusPill, type Icon, type Tone } from "@voltway/ui";
import type { SessionState } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { SESSION_STATES } from "./search.ts";

const LOOK: Record<SessionState, { tone: Tone; icon: Icon }> = {
  pending: { tone: "warning", icon: IconHourglassHigh },
  active: { tone: "occupied", icon: IconBolt },
  ended: { tone: "unavailable", icon: IconCheck },
};

/** A session's state; a word of the server that is new to us is shown as it is. */
export function SessionStatePill({ state }: { state: string }) {
  const { t } = useTranslation();
  const known = SESSION_STATES.find((one) => one === state);
  if (!known) {
    return (
      <StatusPill tone="unavailable" icon={IconCircleDashed}>
        {state}
      </StatusPill>
    );
  }
  return (
    <StatusPill tone={LOOK[known].tone} icon={LOOK[known].icon}>
      {t(`sessions.state.${known}`)}
    </StatusPill>
  );
}
