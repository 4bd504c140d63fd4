import { Group, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ChargingStation } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { Age } from "../../shared/Age.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { LinkedRow } from "../../shared/LinkedRow.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useLocationNames } from "../locations/api.ts";
import { AcceptButton } from "./AcceptButton.tsx";
import { ConnectorMarks } from "./ConnectorMarks.tsx";
import { protocolName } from "./protocolName.ts";
import { SecurityWarning } from "./SecurityWarning.tsx";
import { StationStatus } from "./StationStatus.tsx";

export function StationTable({ stations }: { stations: ChargingStation[] }) {
  const { t } = useTranslation();
  const { nameOf } = useLocationNames();
  return (
    <DataTable
      label={t("stations.title")}
      columns={[
        { label: t("stations.column.identity") },
        { label: t("stations.column.status") },
        { label: t("stations.column.connectors") },
        { label: t("stations.column.location") },
        { label: t("stations.column.protocol") },
        { label: t("stations.column.model") },
        { label: t("stations.column.lastSeen") },
      ]}
    >
      {stations.map((station) => (
        <StationRow key={station.id} station={station} location={nameOf(station.location_id)} />
      ))}
    </DataTable>
  );
}

function StationRow({ station, location }: { station: ChargingStation; location: string | null }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <LinkedRow>
      <td>
        <Group gap={6} wrap="nowrap">
          <Link {...paths.station(station.id)}>{station.identity}</Link>
          <SecurityWarning profile={station.security_profile} />
        </Group>
      </td>
      <td>
        <StationStatus station={station} />
      </td>
      <td>
        {station.registration === "pending" ? (
          <AcceptButton stationId={station.id} size="compact-sm" />
        ) : (
          <ConnectorMarks station={station} />
        )}
      </td>
      <td>{location ?? format.unknown}</td>
      <td>{protocolName(station.protocol) ?? format.unknown}</td>
      <td>
        {station.vendor ?? format.unknown}{" "}
        <Text span size="sm" c="dimmed">
          {station.model}
        </Text>
      </td>
      <td>
        {station.is_online ? t("stations.linkUp") : <Age at={station.last_seen_at} />}
      </td>
    </LinkedRow>
  );
}
