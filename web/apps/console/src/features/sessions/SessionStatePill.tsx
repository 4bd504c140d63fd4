import type { SessionState } from "@voltway/api";
import { IconBolt, IconCheck, IconHourglassHigh, StatusPill, type Icon, type Tone } from "@voltway/ui";
import { useTranslation } from "react-i18next";

const LOOK: Record<SessionState, { tone: Tone; icon: Icon }> = {
  pending: { tone: "warning", icon: IconHourglassHigh },
  active: { tone: "occupied", icon: IconBolt },
  ended: { tone: "unavailable", icon: IconCheck },
};

export function SessionStatePill({ state }: { state: SessionState }) {
  const { t } = useTranslation();
  return (
    <StatusPill tone={LOOK[state].tone} icon={LOOK[state].icon}>
      {t(`sessions.state.${state}`)}
    </StatusPill>
  );
}
