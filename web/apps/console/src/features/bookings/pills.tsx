import type { StaffBooking, StaffQueuePlace } from "@voltway/api";
import { IconAlertCircle, IconBolt, IconCheck, IconCircleDashed, IconClock, IconHourglassHigh, IconX, StatusPill, type Icon, type Tone } from "@voltway/ui";
import { useTranslation } from "react-i18next";

interface Look {
  tone: Tone;
  icon: Icon;
}

const BOOKINGS: Record<StaffBooking["state"], Look> = {
  requested: { tone: "warning", icon: IconHourglassHigh },
  confirmed: { tone: "available", icon: IconCheck },
  moved: { tone: "available", icon: IconCheck },
  checked_in: { tone: "occupied", icon: IconClock },
  charging: { tone: "occupied", icon: IconBolt },
  completed: { tone: "unavailable", icon: IconCheck },
  cancelled: { tone: "unavailable", icon: IconX },
  no_show: { tone: "faulted", icon: IconAlertCircle },
  failed: { tone: "faulted", icon: IconX },
};
const PLACES: Record<StaffQueuePlace["state"], Look> = {
  waiting: { tone: "warning", icon: IconHourglassHigh },
  called: { tone: "occupied", icon: IconClock },
  snoozed: { tone: "unavailable", icon: IconCircleDashed },
  served: { tone: "available", icon: IconCheck },
  expired: { tone: "unavailable", icon: IconX },
  left: { tone: "unavailable", icon: IconX },
};

export function BookingStatePill({ state }: { state: StaffBooking["state"] }) {
  const { t } = useTranslation();
  return <StatusPill {...BOOKINGS[state]}>{t(`bookings.state.${state}`)}</StatusPill>;
}

export function PlaceStatePill({ state }: { state: StaffQueuePlace["state"] }) {
  const { t } = useTranslation();
  return <StatusPill {...PLACES[state]}>{t(`bookings.place.${state}`)}</StatusPill>;
}
