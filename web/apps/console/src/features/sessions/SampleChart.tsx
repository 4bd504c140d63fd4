import { Group, SegmentedControl, Title } from "@mantine/core";
import type { Sample } from "@voltway/api";
import { IconChartLine, Notice, TimeChart } from "@voltway/ui";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "../../shared/useFormat.ts";
import { availableViews, chartSeries, type ChartView } from "./chartSeries.ts";

/** A session over time: power with energy, state of charge, or the currents of the phases, as far as the station tells. */
export function SampleChart({ samples, isActive }: { samples: Sample[]; isActive: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [chosen, setChosen] = useState<ChartView>("power");
  const views = useMemo(() => availableViews(samples), [samples]);
  const view = views.includes(chosen) ? chosen : "power";
  const series = useMemo(() => chartSeries(view, samples, format, t), [view, samples, format, t]);
  // One point is no curve.
  if (samples.length < 2) {
    return <Notice icon={IconChartLine} title={t("sessions.noSamples")} text={isActive ? t("sessions.noSamplesYet") : t("sessions.noSamplesText")} />;
  }
  return (
    <>
      <Group justify="space-between" mb="xs">
        <Title order={2}>{t("sessions.chart")}</Title>
        {views.length > 1 && (
          <SegmentedControl
            size="sm"
            aria-label={t("sessions.chartView")}
            value={view}
            onChange={(value) => {
              setChosen(value);
            }}
            data={views.map((one) => ({ value: one, label: t(`sessions.view.${one}`) }))}
          />
        )}
      </Group>
      <TimeChart series={series} height={280} formatTime={format.timeTick} label={t("sessions.chartLabel", { count: samples.length })} />
    </>
  );
}
