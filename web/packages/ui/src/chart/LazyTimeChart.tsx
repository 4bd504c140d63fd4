import { Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";
import type { TimeChartProps } from "./series.ts";

const Chart = lazy(() => import("./TimeChart.tsx"));

/** A chart over time; ECharts is fetched when the first one is shown. */
export function TimeChart(props: TimeChartProps) {
  return (
    <Suspense fallback={<Skeleton h={props.height ?? 240} />}>
      <Chart {...props} />
    </Suspense>
  );
}
