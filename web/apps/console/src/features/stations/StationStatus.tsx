import type { ChargingStation, ConnectorStatus } from "@voltway/api";
import { IconCircleDashed, IconHourglassHigh, IconPlugConnectedX, IconX, StatusPill } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { STATUS_LOOK } from "./statusLook.ts";

export function ConnectorStatusPill({ status, title }: { status: ConnectorStatus | null; title?: string | undefined }) {
  const { t } = useTranslation();
  if (status === null) {
    return (
      <StatusPill tone="unavailable" icon={IconCircleDashed} title={title}>
        {t("status.unknown")}
      </StatusPill>
    );
  }
  const { tone, icon } = STATUS_LOOK[status];
  return (
    <StatusPill tone={tone} icon={icon} title={title}>
      {t(`status.${status}`)}
    </StatusPill>
  );
}

/** The one word about a station that matters most: not yet admitted, not reachable, or what it reports. */
export function StationStatus({ station }: { station: Pick<ChargingStation, "registration" | "is_online" | "status"> }) {
  const { t } = useTranslation();
  if (station.registration === "pending") {
    return (
      <StatusPill tone="warning" icon={IconHourglassHigh}>
        {t("stations.pending")}
      </StatusPill>
    );
  }
  if (station.registration === "rejected") {
    return (
      <StatusPill tone="faulted" icon={IconX}>
        {t("stations.rejected")}
      </StatusPill>
    );
  }
  if (!station.is_online) {
    return (
      <StatusPill tone="unavailable" icon={IconPlugConnectedX}>
        {t("stations.offline")}
      </StatusPill>
    );
  }
  return <ConnectorStatusPill status={station.status} />;
}
