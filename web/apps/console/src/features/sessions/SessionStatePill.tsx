import type { Session, SessionState } from "@voltway/api";
import { IconBolt, IconCheck, IconCircleDashed, IconHourglassHigh, IconPlug, StatusPill, type Icon, type Tone } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { CHARGING_STATES, SESSION_STATES } from "./search.ts";

const LOOK: Record<SessionState, { tone: Tone; icon: Icon }> = {
  pending: { tone: "warning", icon: IconHourglassHigh },
  active: { tone: "occupied", icon: IconBolt },
  ended: { tone: "unavailable", icon: IconCheck },
};

/** A session's state, and while it runs what the charge does; a word of the server that is new to us is shown as it is. */
export function SessionStatePill({ session }: { session: Pick<Session, "state" | "charging_state"> }) {
  const { t } = useTranslation();
  const state = SESSION_STATES.find((one) => one === session.state);
  const charging = CHARGING_STATES.find((one) => one === session.charging_state);
  if (state === "active" && charging !== undefined && charging !== "Charging") {
    return (
      <StatusPill tone="warning" icon={IconPlug}>
        {t(`sessions.chargingState.${charging}`)}
      </StatusPill>
    );
  }
  return (
    <StatusPill tone={state ? LOOK[state].tone : "unavailable"} icon={state ? LOOK[state].icon : IconCircleDashed}>
      {state ? t(`sessions.state.${state}`) : session.state}
    </StatusPill>
  );
}
