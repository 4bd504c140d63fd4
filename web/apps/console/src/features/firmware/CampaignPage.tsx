import { Stack } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { Campaign } from "@voltway/api";
import { ActionButton, Callout, Facts, IconChargingPile, Notice, PageHeader, Panel } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { DataTable } from "../../shared/DataTable.tsx";
import { LinkedRow } from "../../shared/LinkedRow.tsx";
import { AnchorLink } from "../../shared/links.tsx";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { QueryView } from "../../shared/QueryView.tsx";
import { ReasonDialog } from "../../shared/ReasonDialog.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { campaignQuery, campaignStationsQuery, usePatchCampaign } from "./api.ts";
import { CampaignProgress } from "./CampaignProgress.tsx";
import { CampaignStatePill } from "./CampaignStatePill.tsx";

export function CampaignPage() {
  const { campaignId } = useParams({ from: "/shell/firmware-campaigns/$campaignId" });
  const campaign = useQuery(campaignQuery(campaignId));
  return <QueryView query={campaign}>{(data) => <CampaignView campaign={data} />}</QueryView>;
}

function CampaignView({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const format = useFormat();
  const refusal = useRefusal("firmware:write");
  const patch = usePatchCampaign(campaign.id);
  const [isStopping, setIsStopping] = useState(false);
  const isOver = campaign.state === "done" || campaign.state === "stopped";
  const lack = refusal ?? (isOver ? t("firmware.over") : undefined);
  const sizes = [...campaign.waves.map((size) => format.number(size)), t("firmware.rest")].join(" → ");
  return (
    <Stack>
      <PageHeader
        above={<AnchorLink {...paths.campaigns()}>← {t("firmware.title")}</AnchorLink>}
        title={campaign.name}
        marks={<CampaignStatePill state={campaign.state} />}
        subtitle={`${campaign.created_by}, ${format.dateTime(campaign.created_at)}`}
        actions={
          <>
            <ActionButton
              variant="default"
              disabledReason={lack}
              onClick={() => {
                setIsStopping(true);
              }}
            >
              {t("firmware.stop")}
            </ActionButton>
            <ActionButton
              disabledReason={lack}
              loading={patch.isPending}
              onClick={() => {
                patch.mutate({ state: campaign.state === "running" ? "paused" : "running" });
              }}
            >
              {t(campaign.state === "running" ? "firmware.pause" : campaign.state === "draft" ? "firmware.start" : "firmware.goOn")}
            </ActionButton>
          </>
        }
      />
      {campaign.state === "paused" && campaign.reason === "too_many_failures" && (
        <Callout tone="faulted" title={t("firmware.tooManyFailures")}>
          {t("firmware.tooManyFailuresText")}
        </Callout>
      )}
      <Panel title={t("firmware.progress")}>
        <Stack>
          <CampaignProgress counts={campaign.counts} />
          <Facts
            rows={[
              [t("firmware.waves"), `${sizes} (${t("firmware.nowWave", { wave: campaign.wave })})`],
              [t("firmware.failuresMax"), format.number(campaign.failures_max)],
              [t("firmware.parallelMax"), format.number(campaign.parallel_max)],
              [t("firmware.soak"), format.duration(campaign.soak_s)],
              [t("firmware.window"), campaign.window_from ? `${campaign.window_from}–${campaign.window_until ?? ""} ${campaign.time_zone}` : t("firmware.anyTime")],
            ]}
          />
        </Stack>
      </Panel>
      <Members id={campaign.id} />
      {isStopping && (
        <ReasonDialog
          title={t("firmware.stop")}
          text={t("firmware.stopText")}
          submitLabel={t("firmware.stop")}
          isPending={patch.isPending}
          error={patch.error}
          onClose={() => {
            setIsStopping(false);
          }}
          onSubmit={(reason) => {
            patch.mutate(
              { state: "stopped", reason },
              {
                onSuccess: () => {
                  setIsStopping(false);
                },
              },
            );
          }}
        />
      )}
    </Stack>
  );
}

function Members({ id }: { id: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const stations = useInfiniteQuery(campaignStationsQuery(id));
  return (
    <ListPanel query={stations} title={t("stations.title")} empty={<Notice icon={IconChargingPile} title={t("stations.empty")} />}>
      {(items) => (
        <DataTable
          label={t("stations.title")}
          columns={[
            { label: t("stations.column.identity") },
            { label: t("firmware.wave"), isNumeric: true },
            { label: t("firmware.stateLabel") },
            { label: t("firmware.word") },
            { label: t("firmware.ended") },
          ]}
        >
          {items.map((one) => (
            <LinkedRow key={one.station_id}>
              <td>
                <Link {...paths.station(one.station_id)}>{one.station_identity}</Link>
              </td>
              <td data-num>{one.wave}</td>
              <td>{t(`firmware.member.${one.state}`)}</td>
              <td data-wrap>{one.detail ?? format.unknown}</td>
              <td>{format.dateTime(one.ended_at)}</td>
            </LinkedRow>
          ))}
        </DataTable>
      )}
    </ListPanel>
  );
}
