import type { CommandState } from "@voltway/api";
import { IconClock, IconCheck, IconHourglassHigh, IconPlugConnectedX, IconX, StatusPill, type Icon, type Tone } from "@voltway/ui";
import { useTranslation } from "react-i18next";

const LOOK: Record<CommandState, { tone: Tone; icon: Icon }> = {
  pending: { tone: "warning", icon: IconHourglassHigh },
  sent: { tone: "occupied", icon: IconHourglassHigh },
  accepted: { tone: "available", icon: IconCheck },
  rejected: { tone: "faulted", icon: IconX },
  failed: { tone: "faulted", icon: IconX },
  timed_out: { tone: "faulted", icon: IconClock },
  offline: { tone: "unavailable", icon: IconPlugConnectedX },
};

export function CommandStatePill({ state }: { state: CommandState }) {
  const { t } = useTranslation();
  return (
    <StatusPill tone={LOOK[state].tone} icon={LOOK[state].icon}>
      {t(`commands.state.${state}`)}
    </StatusPill>
  );
}
