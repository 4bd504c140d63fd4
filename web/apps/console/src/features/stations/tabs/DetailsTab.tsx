import { Box, Group } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ChargingStation } from "@voltway/api";
import { ActionButton, Facts, IconPrinter } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../../app/paths.ts";
import { ButtonLink } from "../../../shared/links.tsx";
import { useFormat } from "../../../shared/useFormat.ts";
import { useRefusal } from "../../account/useRefusal.ts";
import { Checklist } from "../../commissioning/Checklist.tsx";
import { useLocationNames } from "../../locations/api.ts";
import { EditStationDialog } from "../EditStationDialog.tsx";
import { protocolName } from "../protocolName.ts";
import { ReplaceDialog } from "../ReplaceDialog.tsx";

export function DetailsTab({ station }: { station: ChargingStation }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { nameOf } = useLocationNames();
  const refusal = useRefusal("stations:write");
  const [isReplacing, replacing] = useDisclosure(false);
  const [isEditing, editing] = useDisclosure(false);
  const profile = String(station.security_profile);
  return (
    <Box p="md">
      <Checklist station={station} />
      <Facts
        rows={[
          [t("stations.column.identity"), <span key="identity" className="vw-mono">{station.identity}</span>],
          [t("stations.name"), station.name ?? format.unknown],
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
      <Group mt="md">
        <ActionButton disabledReason={refusal} onClick={editing.open}>
          {t("stations.edit")}
        </ActionButton>
        <ButtonLink {...paths.codes({ station: station.id })} variant="default" leftSection={<IconPrinter size={17} />}>
          {t("codes.open")}
        </ButtonLink>
        <ActionButton
          variant="default"
          disabledReason={refusal ?? (station.is_online ? t("replace.connected") : undefined)}
          onClick={replacing.open}
        >
          {t("replace.open")}
        </ActionButton>
      </Group>
      {isEditing && <EditStationDialog station={station} onClose={editing.close} />}
      {isReplacing && <ReplaceDialog station={station} onClose={replacing.close} />}
    </Box>
  );
}

function isProfile(text: string): text is "0" | "1" | "2" | "3" {
  return ["0", "1", "2", "3"].includes(text);
}
