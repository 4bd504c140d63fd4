import { useComputedColorScheme } from "@mantine/core";
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { client, take } from "@voltway/api";
import { around, bboxOf, MapView, STATES, type MapPoint, type State, type Target, type View } from "@voltway/map";
import "@voltway/map/styles.css";
import { IconMapPin, Notice, Panel } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { ButtonLink } from "../../shared/links.tsx";
import { QueryView } from "../../shared/QueryView.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { overviewKeys } from "./api.ts";
import classes from "./StationMap.module.css";

const HEIGHT_PX = 420;

interface StationPoint extends MapPoint {
  stationId: string | null;
}

/** The stations of a part of the map; their states are drawn like a driver's: what works, is used, is broken, is not heard of. */
function clustersQuery(view: View | null) {
  const query = view === null ? {} : { bbox: bboxOf(view.bounds), zoom: Math.floor(view.zoom) };
  return queryOptions({
    queryKey: [...overviewKeys.all, "map", query],
    queryFn: async ({ signal }): Promise<StationPoint[]> => {
      const { items } = await take(client.GET("/api/v1/station-clusters", { params: { query }, signal }));
      return items.map((each) => ({
        id: each.location_id, name: each.name, stationId: each.station_id, latitude: each.latitude, longitude: each.longitude, places: each.locations,
        bounds: [each.west, each.south, each.east, each.north],
        counts: { free: each.available, taken: each.in_use, out_of_order: each.faulted, unknown: each.offline },
      }));
    },
    placeholderData: keepPreviousData,
  });
}

const groundQuery = queryOptions({ queryKey: ["map", "ground"], queryFn: ({ signal }) => take(client.GET("/api/v1/public/map", { signal })), staleTime: Infinity });

/** Where the stations stand and how: the same map as in the driver app. */
export function StationMap() {
  const { t } = useTranslation();
  const whole = useQuery(clustersQuery(null));
  return (
    <Panel title={t("overview.map.title")} padded={false}>
      <QueryView query={whole} isEmpty={(points) => points.length === 0} empty={<Notice icon={IconMapPin} title={t("overview.map.empty")} text={t("overview.map.emptyText")} />}>
        {(points) => <Drawing start={{ bounds: around(points) ?? [-170, -55, 180, 72] }} />}
      </QueryView>
    </Panel>
  );
}

function Drawing({ start }: { start: Target }) {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate();
  const scheme = useComputedColorScheme("light");
  const [view, setView] = useState<View | null>(null);
  const [failure, setFailure] = useState<"webgl" | "load" | null>(null);
  const ground = useQuery(groundQuery);
  const points = useQuery(clustersQuery(view));
  const shown = points.data ?? [];
  const sum = (state: State) => shown.reduce((total, point) => total + point.counts[state], 0);
  const countsOf = (point: MapPoint) => STATES.filter((state) => point.counts[state] > 0).map((state) => `${format.number(point.counts[state])} ${t(`overview.map.${state}`)}`).join(", ");
  const open = (point: StationPoint | undefined) => {
    if (point === undefined) return;
    if (point.stationId !== null) void navigate(paths.station(point.stationId));
    else if (point.id !== null) void navigate({ ...paths.stations(), search: { location: point.id } });
  };
  if (failure !== null) {
    return <Notice icon={IconMapPin} title={t("overview.map.none")} text={t(failure === "webgl" ? "overview.map.noWebgl" : "overview.map.noLibrary")} action={<ButtonLink {...paths.stations()} variant="default">{t("overview.map.list")}</ButtonLink>} />;
  }
  return (
    <>
      <div style={{ height: HEIGHT_PX }}>
        {ground.data !== undefined && (
          <MapView
            ground={ground.data} points={shown} start={start} isDark={scheme === "dark"}
            words={{ label: t("overview.map.title"), zoomIn: t("overview.map.zoomIn"), zoomOut: t("overview.map.zoomOut"), here: "" }}
            nameOf={(point) => `${point.name ?? t("overview.map.locations", { count: point.places })}: ${countsOf(point)}`}
            towns={async (bounds, zoom) => (await take(client.GET("/api/v1/public/towns", { params: { query: { bbox: bboxOf(bounds), zoom: Math.floor(zoom) } } }))).items}
            onView={setView} onFailure={setFailure}
            onChoose={(point) => { open(shown.find((each) => each.id === point.id)); }}
          />
        )}
      </div>
      <ul className={classes.legend} aria-label={t("overview.map.legend")}>
        {STATES.map((state) => <li key={state} className={classes[state]}><b>{format.number(sum(state))}</b> {t(`overview.map.${state}`)}</li>)}
      </ul>
    </>
  );
}
