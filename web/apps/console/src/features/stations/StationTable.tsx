import { Checkbox, Group, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ChargingStation } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { Age } from "../../shared/Age.tsx";
import { LinkedRow } from "../../shared/LinkedRow.tsx";
import { LongTable } from "../../shared/LongTable.tsx";
import { sortingOf } from "../../shared/sorting.ts";
import { useFormat } from "../../shared/useFormat.ts";
import { useLocationNames } from "../locations/api.ts";
import { AcceptButton } from "./AcceptButton.tsx";
import { ConnectorMarks } from "./ConnectorMarks.tsx";
import { protocolName } from "./protocolName.ts";
import { SecurityWarning } from "./SecurityWarning.tsx";
import { StationStatus } from "./StationStatus.tsx";

interface StationTableProps {
  stations: ChargingStation[];
  sort: string | undefined;
  onSort: (sort: string) => void;
  chosen: ReadonlySet<string>;
  onChoose: (stationIds: string[], isChosen: boolean) => void;
}

export function StationTable({ stations, sort, onSort, chosen, onChoose }: StationTableProps) {
  const { t } = useTranslation();
  const { nameOf } = useLocationNames();
  const by = (name: string, first?: "descending") => sortingOf(name, sort, onSort, first);
  const count = stations.filter(({ id }) => chosen.has(id)).length;
  const all = (
    <Checkbox
      size="xs"
      aria-label={t("bulk.chooseShown")}
      checked={count > 0 && count === stations.length}
      indeterminate={count > 0 && count < stations.length}
      onChange={(event) => {
        onChoose(stations.map(({ id }) => id), event.currentTarget.checked);
      }}
    />
  );
  return (
    <LongTable
      label={t("stations.title")}
      items={stations}
      columns={[
        { label: all },
        { label: t("stations.column.identity"), sorting: by("identity") },
        { label: t("stations.column.status"), sorting: by("status") },
        { label: t("stations.column.connectors") },
        { label: t("stations.column.location") },
        { label: t("stations.column.protocol") },
        { label: t("stations.column.model"), sorting: by("vendor") },
        { label: t("stations.column.lastSeen"), sorting: by("last_seen", "descending") },
      ]}
    >
      {(station) => (
        <StationRow
          key={station.id}
          station={station}
          location={nameOf(station.location_id)}
          isChosen={chosen.has(station.id)}
          onChoose={(isChosen) => {
            onChoose([station.id], isChosen);
          }}
        />
      )}
    </LongTable>
  );
}

interface StationRowProps {
  station: ChargingStation;
  location: string | null;
  isChosen: boolean;
  onChoose: (isChosen: boolean) => void;
}

function StationRow({ station, location, isChosen, onChoose }: StationRowProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <LinkedRow>
      <td>
        <Checkbox
          size="xs"
          aria-label={t("bulk.choose", { station: station.identity })}
          checked={isChosen}
          onChange={(event) => {
            onChoose(event.currentTarget.checked);
          }}
        />
      </td>
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
