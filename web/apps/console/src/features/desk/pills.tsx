import type { Ticket } from "@voltway/api";
import { IconAlertCircle, IconCheck, IconCircleDashed, IconClock, IconHourglassHigh, StatusPill, type Icon, type Tone } from "@voltway/ui";
import { useTranslation } from "react-i18next";

const STATES: Record<Ticket["state"], { tone: Tone; icon: Icon }> = {
  open: { tone: "warning", icon: IconAlertCircle },
  waiting: { tone: "occupied", icon: IconHourglassHigh },
  solved: { tone: "available", icon: IconCheck },
};
const PRIORITIES: Record<Ticket["priority"], { tone: Tone; icon: Icon }> = {
  urgent: { tone: "faulted", icon: IconAlertCircle },
  normal: { tone: "unavailable", icon: IconClock },
  low: { tone: "unavailable", icon: IconCircleDashed },
};

export function TicketStatePill({ state }: { state: Ticket["state"] }) {
  const { t } = useTranslation();
  return <StatusPill {...STATES[state]}>{t(`tickets.state.${state}`)}</StatusPill>;
}

export function PriorityPill({ priority }: { priority: Ticket["priority"] }) {
  const { t } = useTranslation();
  return <StatusPill {...PRIORITIES[priority]}>{t(`tickets.priority.${priority}`)}</StatusPill>;
}
