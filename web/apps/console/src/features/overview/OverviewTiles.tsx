import { SimpleGrid } from "@mantine/core";
import type { Overview } from "@voltway/api";
import { IconPlug, IconBolt, IconChargingPile, IconChartLine, IconReceipt, Tile } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { useFormat } from "../../shared/useFormat.ts";
import { AttentionTiles } from "./AttentionTiles.tsx";

export function OverviewTiles({ overview }: { overview: Overview | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  const isLoading = overview === undefined;
  const faulted = overview?.connectors.Faulted ?? 0;
  const revenue = overview?.revenue_today ?? [];
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing={{ base: "xs", sm: "md" }}>
      <Tile
        label={t("overview.online")}
        icon={IconChargingPile}
        isLoading={isLoading}
        value={t("overview.onlineOf", { online: overview?.stations.online, total: overview?.stations.total })}
        hint={overview && (faulted > 0 ? t("overview.faulted", { count: faulted }) : t("overview.noFaults"))}
      />
      <Tile
        label={t("overview.active")}
        icon={IconPlug}
        isLoading={isLoading}
        value={format.number(overview?.sessions.active)}
        hint={overview && t("overview.sessionsToday", { count: overview.sessions.today })}
      />
      <Tile
        label={t("overview.powerNow")}
        icon={IconBolt}
        isLoading={isLoading}
        value={format.power(overview?.power_w)}
        hint={overview && overview.sessions.active > 0 ? t("overview.perSession", { power: format.power(overview.power_w / overview.sessions.active) }) : null}
      />
      <Tile
        label={t("overview.energyToday")}
        icon={IconChartLine}
        isLoading={isLoading}
        value={format.energy(overview?.energy_today_wh)}
        hint={t("overview.sinceMidnight")}
      />
      <Tile
        label={t("overview.revenueToday")}
        icon={IconReceipt}
        isLoading={isLoading}
        value={revenue[0] ? format.money(revenue[0]) : format.unknown}
        hint={revenue.length > 1 ? revenue.slice(1).map(format.money).join(" · ") : t("overview.revenueHint")}
      />
      <AttentionTiles />
    </SimpleGrid>
  );
}
