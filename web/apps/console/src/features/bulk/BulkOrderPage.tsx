import { Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import type { BulkOrder, BulkStation } from "@voltway/api";
import { ActionButton, IconChargingPile, IconRefresh, Notice, PageHeader, Panel } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { SaveCsvButton } from "../../shared/SaveCsvButton.tsx";
import { LinkedRow } from "../../shared/LinkedRow.tsx";
import { AnchorLink } from "../../shared/links.tsx";
import { LongTable } from "../../shared/LongTable.tsx";
import { QueryView } from "../../shared/QueryView.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { bulkOrderQuery, bulkStationsQuery, isUnderWay, useOrderBulk, useStopBulk } from "./api.ts";
import { BulkProgress } from "./BulkProgress.tsx";
import { BulkStatePill } from "./BulkStatePill.tsx";
import { again, STATES } from "./orders.ts";
import { useBulkTitle } from "./useBulkTitle.ts";

/** What became of an order at each of its stations. */
export function BulkOrderPage() {
  const { bulkOrderId } = useParams({ from: "/shell/bulk-orders/$bulkOrderId" });
  const order = useQuery(bulkOrderQuery(bulkOrderId));
  return <QueryView query={order}>{(data) => <OrderView key={data.id} order={data} />}</QueryView>;
}

function OrderView({ order }: { order: BulkOrder }) {
  const { t } = useTranslation();
  const format = useFormat();
  const titleOf = useBulkTitle();
  const navigate = useNavigate();
  const refusal = useRefusal("commands:send");
  const stations = useQuery(bulkStationsQuery(order.id, JSON.stringify(order.counts)));
  const repeat = useOrderBulk();
  const stop = useStopBulk();
  const next = again(order, stations.data ?? []);
  const isRunning = isUnderWay(order);
  return (
    <Stack>
      <PageHeader
        above={<AnchorLink {...paths.bulkOrders()}>← {t("bulk.title")}</AnchorLink>}
        title={titleOf(order)}
        subtitle={[order.created_by, format.dateTime(order.created_at), order.reason].filter(Boolean).join(" · ")}
        actions={
          <>
            <SaveCsvButton
              name="bulk-order"
              rows={stations.data ?? []}
              columns={{
                identity: (one) => one.station_identity,
                state: (one) => one.state,
                detail: (one) => one.detail,
                ended_at: (one) => one.ended_at,
              }}
            />
            {order.counts.waiting > 0 && (
              <ActionButton
                variant="default"
                disabledReason={refusal}
                loading={stop.isPending}
                onClick={() => {
                  stop.mutate(order.id);
                }}
              >
                {t("bulk.stop")}
              </ActionButton>
            )}
            <ActionButton
              leftSection={<IconRefresh size={16} />}
              disabledReason={refusal ?? (isRunning ? t("bulk.stillRunning") : next === null ? t("bulk.nothingLeft") : undefined)}
              loading={repeat.isPending}
              onClick={() => {
                if (next) repeat.mutate(next, { onSuccess: ({ id }) => void navigate(paths.bulkOrder(id)) });
              }}
            >
              {t("bulk.again", { count: next?.station_ids.length ?? 0 })}
            </ActionButton>
          </>
        }
      />
      <Panel>
        <BulkProgress counts={order.counts} />
      </Panel>
      <Panel padded={false}>
        <QueryView query={stations}>{(items) => <Stations items={items} />}</QueryView>
      </Panel>
    </Stack>
  );
}

function Stations({ items }: { items: BulkStation[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [state, setState] = useState("all");
  const present = STATES.filter((one) => items.some((item) => item.state === one));
  const shown = items.filter((item) => state === "all" || item.state === state);
  const word = (one: BulkStation["state"]) => (one === "waiting" || one === "ordered" || one === "skipped" ? t(`bulk.state.${one}`) : t(`commands.state.${one}`));
  return (
    <>
      {present.length > 1 && (
        <Group p="md" style={{ overflowX: "auto" }} wrap="nowrap">
          <SegmentedControl
            aria-label={t("bulk.filter")}
            value={state}
            onChange={setState}
            data={[{ value: "all", label: t("bulk.all") }, ...present.map((one) => ({ value: one, label: word(one) }))]}
          />
        </Group>
      )}
      {shown.length === 0 ? (
        <Notice icon={IconChargingPile} title={t("common.noMatch")} />
      ) : (
        <LongTable
          label={t("stations.title")}
          items={shown}
          columns={[{ label: t("stations.column.identity") }, { label: t("bulk.became") }, { label: t("bulk.detail") }, { label: t("bulk.ended") }]}
        >
          {(one) => (
            <LinkedRow key={one.station_id}>
              <td>
                <Link {...paths.station(one.station_id)}>{one.station_identity}</Link>
              </td>
              <td>
                <BulkStatePill state={one.state} />
              </td>
              <td data-wrap>
                <Text span size="sm">
                  {one.detail ?? ""}
                </Text>
              </td>
              <td>{format.dateTime(one.ended_at)}</td>
            </LinkedRow>
          )}
        </LongTable>
      )}
    </>
  );
}
