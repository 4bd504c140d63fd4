import { Box } from "@mantine/core";
import type { ChargingStation } from "@voltway/api";
import { Facts } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { useFormat } from "../../../shared/useFormat.ts";
import { useLocationNames } from "../../locations/api.ts";
import { protocolName } from "../protocolName.ts";

export function DetailsTab({ station }: { station: ChargingStation }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { nameOf } = useLocationNames();
  const profile = String(station.security_profile);
  return (
    <Box p="md">
      <Facts
        rows={[
          [t("stations.column.identity"), <span key="identity" className="vw-mono">{station.identity}</span>],
          [t("stations.operator"), station.operator],
          [t("stations.column.location"), nameOf(station.location_id) ?? format.unknown],
          [t("stations.vendor"), station.vendor ?? format.unknown],
          [t("stations.model"), station.model ?? format.unknown],
          [t("stations.serial"), station.serial_number ?? format.unknown],
          [t("stations.firmware"), station.firmware_version ?? format.unknown],
          [t("stations.column.protocol"), protocolName(station.protocol) ?? format.unknown],
          [t("stations.profile.label"), isProfile(profile) ? t(`stations.profile.p${profile}`) : profile],
          [t("stations.registration"), t(`stations.registrationState.${station.registration}`)],
          [t("stations.column.lastSeen"), format.exact(station.last_seen_at)],
          [station.is_online ? t("stations.connectedAt") : t("stations.disconnectedAt"), format.exact(station.is_online ? station.connected_at : station.disconnected_at)],
          [t("stations.bootedAt"), [format.exact(station.booted_at), station.boot_reason].filter(Boolean).join(" · ")],
          [t("stations.remoteAddress"), station.remote_address ?? format.unknown],
          [t("stations.id"), <span key="id" className="vw-mono">{station.id}</span>],
        ]}
      />
    </Box>
  );
}

function isProfile(text: string): text is "0" | "1" | "2" | "3" {
  return ["0", "1", "2", "3"].includes(text);
}
