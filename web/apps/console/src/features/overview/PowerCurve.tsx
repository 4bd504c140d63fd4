import type { Overview } from "@voltway/api";
import { IconChartLine, Notice, TimeChart, type TimeSeries } from "@voltway/ui";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "../../shared/useFormat.ts";

export function PowerCurve({ history }: { history: Overview["power_history"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const series = useMemo<TimeSeries[]>(
    () => [
      {
        name: t("overview.power"),
        points: history.map(({ at, power_w }) => [Date.parse(at), power_w]),
        tone: "occupied",
        isFilled: true,
        format: format.power,
        formatTick: format.powerRating,
      },
    ],
    [history, format, t],
  );
  if (history.length === 0) return <Notice icon={IconChartLine} title={t("overview.noPower")} text={t("overview.noPowerText")} />;
  const peak = Math.max(...history.map(({ power_w }) => power_w));
  return <TimeChart series={series} height={250} label={t("overview.powerLabel", { peak: format.power(peak) })} formatTime={format.timeTick} />;
}
