import { Group, Tooltip } from "@mantine/core";
import type { ChargingStation } from "@voltway/api";
import { IconCircleDashed } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { useFormat } from "../../shared/useFormat.ts";
import classes from "./ConnectorMarks.module.css";
import { STATUS_LOOK } from "./statusLook.ts";

/** One small mark per connector, EVSE by EVSE: number and icon, in words on hover and for screen readers. */
export function ConnectorMarks({ station }: { station: ChargingStation }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (station.evses.length === 0) return <>{format.unknown}</>;
  return (
    <Group gap={5} wrap="nowrap" style={{ opacity: station.is_online ? 1 : 0.6 }}>
      {station.evses.flatMap((evse) =>
        evse.connectors.map(({ connector_number, status, type }) => {
          const look = status === null ? null : STATUS_LOOK[status];
          const MarkIcon = look?.icon ?? IconCircleDashed;
          const tone = look?.tone ?? "unavailable";
          const name = t("stations.connectorMark", {
            evse: evse.evse_number,
            connector: connector_number,
            status: status === null ? t("status.unknown") : t(`status.${status}`),
          });
          return (
            <Tooltip key={`${evse.evse_number}-${connector_number}`} label={type === null ? name : `${name} · ${type}`}>
              <span
                role="img"
                aria-label={name}
                className={classes.mark}
                style={{ color: `var(--vw-${tone}-fg)`, background: `var(--vw-${tone}-bg)` }}
              >
                <MarkIcon size={14} stroke={2.2} aria-hidden="true" />
                {evse.connectors.length > 1 ? `${evse.evse_number}.${connector_number}` : evse.evse_number}
              </span>
            </Tooltip>
          );
        }),
      )}
    </Group>
  );
}
