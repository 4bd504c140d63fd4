import { useQueries } from "@tanstack/react-query";
import type { Session } from "@voltway/api";
import { Panel, TimeChart, type TimeSeries } from "@voltway/ui";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "../../shared/useFormat.ts";
import { samplesQuery } from "../sessions/api.ts";

const TONES = ["occupied", "reserved", "available", "warning"] as const;

/** The power of the sessions that run at a station, one line for each. */
export function StationPower({ sessions: newestFirst, height }: { sessions: Session[]; height: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const sessions = useMemo(() => newestFirst.toSorted((one, other) => (one.evse_number ?? 0) - (other.evse_number ?? 0)), [newestFirst]);
  const samples = useQueries({
    queries: sessions.slice(0, TONES.length).map(({ id }) => samplesQuery(id)),
    combine: (results) => results.map(({ data }) => data ?? []),
  });
  const series = useMemo(
    () =>
      samples.map((points, index): TimeSeries => ({
        name: t("stations.evse", { number: sessions[index]?.evse_number ?? format.unknown }),
        points: points.flatMap(({ at, power_w }) => (power_w === null ? [] : [[Date.parse(at), power_w]])),
        tone: TONES[index] ?? "occupied",
        isFilled: samples.length === 1,
        format: format.power,
        formatTick: format.powerRating,
      })),
    [samples, sessions, format, t],
  );
  if (series.every(({ points }) => points.length < 2)) return null;
  return (
    <Panel title={t("stations.powerNow")}>
      <TimeChart series={series} height={height} label={t("stations.powerLabel")} formatTime={format.timeTick} />
    </Panel>
  );
}
