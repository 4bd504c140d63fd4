import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import { init, type EChartsType } from "./echarts.ts";
import { chartOption } from "./option.ts";
import type { TimeChartProps } from "./series.ts";

export default function TimeChart({ series, height = 240, label, formatTime }: TimeChartProps) {
  const scheme = useComputedColorScheme("light");
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(null);

  useEffect(() => {
    if (!element.current) return;
    const instance = init(element.current, undefined, { renderer: "svg" });
    chart.current = instance;
    const observer = new ResizeObserver(() => {
      instance.resize();
    });
    observer.observe(element.current);
    return () => {
      observer.disconnect();
      instance.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    const styles = getComputedStyle(document.documentElement);
    chart.current?.setOption(
      chartOption(series, formatTime, (name) => styles.getPropertyValue(name).trim()),
      { replaceMerge: ["series"] },
    );
  }, [series, formatTime, scheme]);

  return <div ref={element} role="img" aria-label={label} style={{ height, width: "100%" }} />;
}
