import { Group, SegmentedControl } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconChargingPile, Notice } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { Age } from "../../shared/Age.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { AnchorLink } from "../../shared/links.tsx";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { AcceptButton } from "../stations/AcceptButton.tsx";
import { RejectButton } from "../stations/RejectButton.tsx";
import { unacceptedQuery } from "./api.ts";

const KINDS = ["pending", "rejected"] as const;

/** Stations that nobody has let in yet, or that were turned away. */
export function WaitingStations() {
  const { t } = useTranslation();
  const format = useFormat();
  const [kind, setKind] = useState<(typeof KINDS)[number]>("pending");
  const stations = useInfiniteQuery(unacceptedQuery(kind));
  return (
    <ListPanel
      query={stations}
      title={t("onboarding.stations")}
      actions={
        <SegmentedControl
          aria-label={t("stations.registration")}
          value={kind}
          data={KINDS.map((value) => ({ value, label: t(`onboarding.kind.${value}`) }))}
          onChange={setKind}
        />
      }
      empty={<Notice icon={IconChargingPile} title={t(`onboarding.none.${kind}`)} text={t("onboarding.noneText")} />}
    >
      {(items) => (
        <DataTable
          label={t("onboarding.stations")}
          columns={[
            { label: t("stations.column.identity") },
            { label: t("onboarding.make") },
            { label: t("stations.serial") },
            { label: t("stations.remoteAddress") },
            { label: t("stations.column.lastSeen") },
            { label: t("common.actions"), isLabelHidden: true },
          ]}
        >
          {items.map((station) => (
            <tr key={station.id}>
              <td>
                <AnchorLink {...paths.station(station.id)}>{station.identity}</AnchorLink>
              </td>
              <td data-wrap>{[station.vendor, station.model].filter(Boolean).join(" ") || format.unknown}</td>
              <td className="vw-mono">{station.serial_number ?? format.unknown}</td>
              <td className="vw-mono">{station.remote_address ?? format.unknown}</td>
              <td>{station.last_seen_at ? <Age at={station.last_seen_at} /> : format.unknown}</td>
              <td data-num>
                <Group gap={6} wrap="nowrap" justify="flex-end">
                  <AcceptButton stationId={station.id} size="compact-sm" />
                  {station.registration === "pending" && <RejectButton station={station} size="compact-sm" />}
                </Group>
              </td>
            </tr>
          ))}
        </DataTable>
      )}
    </ListPanel>
  );
}
