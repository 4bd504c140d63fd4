import type { Sample } from "@voltway/api";
import type { Format } from "@voltway/format";
import type { TimeSeries } from "@voltway/ui";
import type { TFunction } from "i18next";

export type ChartView = "power" | "soc" | "phases";

const PHASES = ["L1", "L2", "L3"] as const;
/** The measurand under which samples carry the currents of the phases (OCPP). */
const CURRENT = "Current.Import";
const PHASE_TONES = ["occupied", "available", "reserved"] as const;

/** The views that the samples can fill; power with energy is always one. */
export function availableViews(samples: Sample[]): ChartView[] {
  const views: ChartView[] = ["power"];
  if (samples.some(({ soc_percent }) => soc_percent !== null)) views.push("soc");
  if (samples.some(({ phases }) => phases?.[CURRENT] !== undefined)) views.push("phases");
  return views;
}

export function chartSeries(view: ChartView, samples: Sample[], format: Format, t: TFunction): TimeSeries[] {
  const points = (read: (sample: Sample) => number | null | undefined): TimeSeries["points"] =>
    samples.flatMap((sample) => {
      const value = read(sample);
      return value == null ? [] : [[Date.parse(sample.at), value]];
    });
  const power: TimeSeries = {
    name: t("sessions.column.power"),
    points: points(({ power_w }) => power_w),
    tone: "occupied",
    isFilled: true,
    format: format.power,
    formatTick: format.powerRating,
  };

  if (view === "phases") {
    return PHASES.map((phase, index) => ({
      name: phase,
      points: points(({ phases }) => phases?.[CURRENT]?.[phase]),
      tone: PHASE_TONES[index] ?? "occupied",
      format: format.current,
    })).filter((series) => series.points.length > 0);
  }
  if (view === "soc") {
    const soc = points(({ soc_percent }) => soc_percent);
    return [power, { name: t("sessions.view.soc"), points: soc, tone: "reserved", axis: "right", format: (value) => format.percent(value) }];
  }
  const start = samples.find(({ energy_wh }) => energy_wh !== null)?.energy_wh ?? 0;
  const energy = points(({ energy_wh }) => (energy_wh === null ? null : energy_wh - start));
  const delivered: TimeSeries = {
    name: t("sessions.column.energy"),
    points: energy,
    tone: "available",
    axis: "right",
    format: format.energy,
    formatTick: format.energyTick,
  };
  return [power, delivered].filter((series) => series.points.length > 0);
}
