import type { Incident, Severity } from "@voltway/api";
import {
  IconAlertOctagon,
  IconAlertTriangle,
  IconCircleCheck,
  IconEye,
  IconInfoCircle,
  IconRadar,
  StatusPill,
  type Icon,
  type Tone,
} from "@voltway/ui";
import { useTranslation } from "react-i18next";

const SEVERITY: Record<Severity, { tone: Tone; icon: Icon }> = {
  critical: { tone: "faulted", icon: IconAlertOctagon },
  warning: { tone: "warning", icon: IconAlertTriangle },
  info: { tone: "occupied", icon: IconInfoCircle },
};

const STATE: Record<Incident["state"], { tone: Tone; icon: Icon }> = {
  open: { tone: "faulted", icon: IconRadar },
  acknowledged: { tone: "reserved", icon: IconEye },
  closed: { tone: "available", icon: IconCircleCheck },
};

export function SeverityPill({ severity }: { severity: Severity }) {
  const { t } = useTranslation();
  return <StatusPill {...SEVERITY[severity]}>{t(`incidents.severity.${severity}`)}</StatusPill>;
}

export function IncidentStatePill({ state }: { state: Incident["state"] }) {
  const { t } = useTranslation();
  return <StatusPill {...STATE[state]}>{t(`incidents.state.${state}`)}</StatusPill>;
}
