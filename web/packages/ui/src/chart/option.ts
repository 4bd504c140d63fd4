import type { EChartsCoreOption } from "echarts/core";
import type { TimeSeries } from "./series.ts";

/** Below this, the scale's labels are less than a minute apart. */
const SECONDS_BELOW_MS = 8 * 60_000;

interface TooltipEntry {
  seriesIndex: number;
  marker: string;
  value: [number, number | null];
}

/** Describes a time chart to ECharts. `color` reads a CSS variable of the current scheme. */
export function chartOption(
  series: TimeSeries[],
  formatTime: (atMs: number, withSeconds: boolean) => string,
  color: (name: string) => string,
): EChartsCoreOption {
  const dimmed = color("--mantine-color-dimmed");
  const line = color("--vw-line");
  const text = { color: dimmed, fontFamily: color("--mantine-font-family"), fontSize: 11 };
  const withSeconds = spanMs(series) < SECONDS_BELOW_MS;
  const axes = (["left", "right"] as const).filter((side) => series.some((one) => (one.axis ?? "left") === side));
  return {
    animation: false,
    textStyle: { fontFamily: color("--mantine-font-family") },
    grid: { left: 8, right: axes.includes("right") ? 8 : 16, top: series.length > 1 ? 34 : 14, bottom: 4, containLabel: true },
    legend: { show: series.length > 1, top: 0, left: 0, icon: "roundRect", itemWidth: 14, itemHeight: 4, textStyle: text },
    tooltip: {
      trigger: "axis",
      confine: true,
      backgroundColor: color("--vw-card"),
      borderColor: line,
      padding: [8, 12],
      textStyle: { color: color("--mantine-color-text"), fontSize: 12 },
      axisPointer: { lineStyle: { color: dimmed, type: "dashed" } },
      formatter: (entries: TooltipEntry[]) => tooltip(entries, series, (atMs) => formatTime(atMs, withSeconds)),
    },
    xAxis: {
      type: "time",
      axisLine: { lineStyle: { color: line } },
      axisTick: { show: false },
      axisLabel: { ...text, hideOverlap: true, formatter: (atMs: number) => formatTime(atMs, withSeconds) },
      splitLine: { show: false },
    },
    yAxis: axes.map((side) => {
      const first = series.find((one) => (one.axis ?? "left") === side);
      return {
        type: "value",
        position: side,
        min: (range: { min: number }) => Math.min(0, range.min),
        axisLabel: { ...text, formatter: (value: number) => (first?.formatTick ?? first?.format ?? String)(value) },
        splitLine: { show: side === axes[0], lineStyle: { color: line } },
        splitNumber: 4,
      };
    }),
    series: series.map((one) => {
      const mark = color(`--vw-${one.tone}-mark`);
      return {
        type: "line",
        name: one.name,
        data: one.points,
        yAxisIndex: axes.indexOf(one.axis ?? "left"),
        showSymbol: one.points.length < 2,
        step: one.isStepped ? "end" : false,
        sampling: "lttb",
        lineStyle: { width: 2, color: mark },
        itemStyle: { color: mark },
        areaStyle: one.isFilled ? { color: mark, opacity: 0.14 } : undefined,
        emphasis: { disabled: true },
      };
    }),
  };
}

function spanMs(series: TimeSeries[]): number {
  const instants = series.flatMap(({ points }) => points.map(([atMs]) => atMs));
  return instants.reduce((last, at) => Math.max(last, at), -Infinity) - instants.reduce((first, at) => Math.min(first, at), Infinity);
}

function tooltip(entries: TooltipEntry[], series: TimeSeries[], formatTime: (atMs: number) => string): string {
  const first = entries[0];
  if (!first) return "";
  const rows = entries.flatMap(({ seriesIndex, marker, value: [, value] }) => {
    const one = series[seriesIndex];
    return one && value !== null ? [`<div>${marker}${escapeHtml(one.name)} <b>${escapeHtml(one.format(value))}</b></div>`] : [];
  });
  return `<div>${escapeHtml(formatTime(first.value[0]))}</div>${rows.join("")}`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
