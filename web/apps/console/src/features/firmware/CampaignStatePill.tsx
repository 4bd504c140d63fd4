import type { Campaign } from "@voltway/api";
import { IconBan, IconCheck, IconClock, IconPencil, IconPlayerPlay, StatusPill, type Icon, type Tone } from "@voltway/ui";
import { useTranslation } from "react-i18next";

const LOOK: Record<Campaign["state"], { tone: Tone; icon: Icon }> = {
  draft: { tone: "unavailable", icon: IconPencil },
  running: { tone: "occupied", icon: IconPlayerPlay },
  paused: { tone: "warning", icon: IconClock },
  done: { tone: "available", icon: IconCheck },
  stopped: { tone: "unavailable", icon: IconBan },
};

export function CampaignStatePill({ state }: { state: Campaign["state"] }) {
  const { t } = useTranslation();
  return <StatusPill {...LOOK[state]}>{t(`firmware.state.${state}`)}</StatusPill>;
}
