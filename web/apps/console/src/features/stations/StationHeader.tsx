import { Box, Group, Text } from "@mantine/core";
import type { ChargingStation, Session } from "@voltway/api";
import { IconBolt, IconPlugConnected, IconPlugConnectedX, PageHeader } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { Age } from "../../shared/Age.tsx";
import { AnchorLink } from "../../shared/links.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useNow } from "../../shared/useNow.ts";
import { OpenTicketButton } from "../desk/OpenTicketButton.tsx";
import { useLocationNames } from "../locations/api.ts";
import { AcceptButton } from "./AcceptButton.tsx";
import { RejectButton } from "./RejectButton.tsx";
import { protocolName } from "./protocolName.ts";
import { StationStatus } from "./StationStatus.tsx";

export function StationHeader({ station, sessions }: { station: ChargingStation; sessions: Session[] }) {
  const { t } = useTranslation();
  const { nameOf } = useLocationNames();
  const facts = [
    station.name,
    nameOf(station.location_id),
    [station.vendor, station.model].filter(Boolean).join(" "),
    protocolName(station.protocol),
  ].filter(Boolean);
  return (
    <Box mb={-8}>
      <PageHeader
        above={
          <AnchorLink {...paths.stations()}>
            ← {t("stations.title")}
          </AnchorLink>
        }
        title={station.identity}
        marks={<StationStatus station={station} />}
        subtitle={facts.join(" · ")}
        actions={
          <Group gap="lg">
            <LivePower sessions={sessions} />
            <LinkAge station={station} />
            <OpenTicketButton about={{ station_id: station.id }} />
            {station.registration === "pending" && <RejectButton station={station} />}
            {station.registration !== "accepted" && <AcceptButton stationId={station.id} />}
          </Group>
        }
      />
    </Box>
  );
}

function LivePower({ sessions }: { sessions: Session[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const powers = sessions.flatMap(({ power_w }) => (power_w == null ? [] : [power_w]));
  if (powers.length === 0) return null;
  return (
    <Group gap={6} wrap="nowrap" role="group" aria-label={t("stations.powerNow")}>
      <IconBolt size={20} color="var(--vw-occupied-mark)" aria-hidden="true" />
      <Text fz={22} fw={680}>
        {format.power(powers.reduce((sum, power) => sum + power, 0))}
      </Text>
    </Group>
  );
}

function LinkAge({ station: { is_online, last_seen_at, connected_at } }: { station: ChargingStation }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow();
  const LinkIcon = is_online ? IconPlugConnected : IconPlugConnectedX;
  return (
    <Group gap={8} wrap="nowrap">
      <LinkIcon size={20} stroke={1.8} color={is_online ? "var(--vw-available-mark)" : "var(--vw-unavailable-mark)"} aria-hidden="true" />
      <div>
        <Text size="sm" fw={600} lh={1.25}>
          {is_online ? t("stations.linkUp") : t("stations.linkDown")}
          {is_online && connected_at !== null && ` · ${format.duration((now - Date.parse(connected_at)) / 1000)}`}
        </Text>
        {!is_online && (
          <Text size="xs" c="dimmed" lh={1.3}>
            {last_seen_at === null ? (
              t("stations.neverSeen")
            ) : (
              <>
                {t("stations.lastSeen")} <Age at={last_seen_at} />
              </>
            )}
          </Text>
        )}
      </div>
    </Group>
  );
}
