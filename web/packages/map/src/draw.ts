import { addProtocol, AttributionControl, type GeoJSONSource, Map as Drawing, Marker, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import "maplibre-gl/dist/maplibre-gl.css";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import coarseUrl from "world-atlas/countries-50m.json?url";
import fineUrl from "world-atlas/countries-10m.json?url";
import { isOffline, NO_LAND, styleOf, townsToDraw, type Ground, type Land, type Town } from "./ground.ts";
import { drawPoint } from "./markers.ts";
import { keyOf, type Bounds, type MapPoint } from "./points.ts";

export interface View {
  bounds: Bounds;
  zoom: number;
  longitude: number;
  latitude: number;
}

/** Where to look; without a zoom: as close as now. */
export type Target = { longitude: number; latitude: number; zoom?: number } | { bounds: Bounds };

export interface Drawn {
  setPoints: (points: readonly MapPoint[], chosen: string | null) => void;
  setHere: (here: { longitude: number; latitude: number } | null, label: string) => void;
  setDark: (isDark: boolean) => void;
  /** `covered`: so many pixels at the bottom are under something */
  go: (target: Target, isSlow: boolean, covered: number) => void;
  resize: () => void;
  end: () => void;
}

export interface Wishes {
  ground: Ground;
  isDark: boolean;
  /** so many pixels at the top are under something */
  coveredTop: number;
  start: Target;
  label: string;
  zoomIn: string;
  zoomOut: string;
  nameOf: (point: MapPoint) => string;
  towns: (bounds: Bounds, zoom: number) => Promise<Town[]>;
  onView: (view: View) => void;
  onPoint: (point: MapPoint) => void;
}

const FINE_FROM_ZOOM = 4.5;
const ZOOM_MAX = 19;
const PADDING_PX = 56;

async function landFrom(url: string): Promise<Land> {
  const world = (await (await fetch(url)).json()) as Topology<{ countries: GeometryCollection }>;
  return {
    countries: feature(world, world.objects.countries),
    coasts: mesh(world, world.objects.countries, (one, other) => one === other),
    borders: mesh(world, world.objects.countries, (one, other) => one !== other),
  };
}

/** Draws the map into an element. Throws where the browser cannot draw (no WebGL). */
export async function draw(element: HTMLElement, wishes: Wishes): Promise<Drawn> {
  setWorkerUrl(new URL(workerUrl, location.href).href);
  if (wishes.ground.pmtiles_url !== null || wishes.ground.style_url !== null) {
    const { Protocol } = await import("pmtiles");
    addProtocol("pmtiles", new Protocol().tile);
  }
  let { isDark } = wishes;
  let land = NO_LAND;
  let towns: Town[] = [];
  let isEnded = false;
  const padding = (covered: number) => ({ top: PADDING_PX + wishes.coveredTop, left: PADDING_PX, right: PADDING_PX, bottom: PADDING_PX + covered });
  const style = () => styleOf(wishes.ground, isDark, location.href, land, towns);
  const coarse = isOffline(wishes.ground) ? landFrom(coarseUrl) : Promise.resolve(NO_LAND);
  coarse.catch(() => undefined); // whoever waits for it hears of it
  const { start } = wishes;
  const map = new Drawing({
    container: element, style: style(), maxZoom: ZOOM_MAX, minZoom: 1, attributionControl: false, dragRotate: false, pitchWithRotate: false,
    locale: { "Map.Title": wishes.label, "NavigationControl.ZoomIn": wishes.zoomIn, "NavigationControl.ZoomOut": wishes.zoomOut },
    ...("bounds" in start ? { bounds: [...start.bounds] as [number, number, number, number], fitBoundsOptions: { padding: padding(0), maxZoom: 13 } } : { center: [start.longitude, start.latitude], zoom: start.zoom ?? 1 }),
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
  map.addControl(new ScaleControl({ maxWidth: 90 }), "bottom-left");
  map.addControl(new AttributionControl({ compact: true, customAttribution: isOffline(wishes.ground) ? "" : wishes.ground.attribution }), "bottom-right");

  const source = (id: string) => map.getSource<GeoJSONSource>(id);
  // The coarse countries at once, the fine ones when they can be told apart.
  let landUrl = "";
  const showLand = (isFine: boolean) => {
    const url = isFine ? fineUrl : coarseUrl;
    if (!isOffline(wishes.ground) || url === landUrl || landUrl === fineUrl) return Promise.resolve();
    landUrl = url;
    return (isFine ? landFrom(url) : coarse).then(
      (found) => {
        if (isEnded || url !== landUrl) return;
        land = found;
        void source("land")?.setData(land.countries);
        void source("coasts")?.setData(land.coasts);
        void source("borders")?.setData(land.borders);
      },
      () => { if (url === landUrl) landUrl = ""; }, // without a network: water with points; the next move tries again
    );
  };
  let round = 0;
  const showTowns = (bounds: Bounds) => {
    if (!isOffline(wishes.ground)) return;
    const mine = ++round;
    void wishes.towns(bounds, map.getZoom()).then(
      (found) => {
        if (isEnded || mine !== round) return;
        towns = found;
        void source("towns")?.setData(townsToDraw(towns));
      },
      () => undefined, // names are a help; the map does without
    );
  };
  const look = () => {
    const box = map.getBounds();
    const bounds: Bounds = [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()];
    const { lng, lat } = map.getCenter();
    if (landUrl !== "" && map.getZoom() >= FINE_FROM_ZOOM) void showLand(true);
    showTowns(bounds);
    wishes.onView({ bounds, zoom: map.getZoom(), longitude: lng, latitude: lat });
  };
  void map.once("style.load", () => { // not "load", which waits until all is drawn
    void showLand(false).then(() => (map.getZoom() >= FINE_FROM_ZOOM ? showLand(true) : undefined));
    look();
  });
  map.on("moveend", look);

  const markers = new Map<string, { marker: Marker; button: HTMLButtonElement; point: MapPoint; drawn: string }>();
  let here: Marker | null = null;
  const show = (point: MapPoint, chosen: string | null) => {
    const key = keyOf(point);
    const isChosen = point.id !== null && point.id === chosen;
    const label = wishes.nameOf(point);
    const drawn = `${label} ${isChosen} ${JSON.stringify(point.counts)}`;
    let shown = markers.get(key);
    if (shown === undefined) {
      const button = document.createElement("button");
      const marker = new Marker({ element: button }).setLngLat([point.longitude, point.latitude]).addTo(map);
      const made = { marker, button, point, drawn: "" };
      button.addEventListener("click", (event) => { event.stopPropagation(); wishes.onPoint(made.point); });
      markers.set(key, made);
      shown = made;
    }
    shown.point = point;
    if (shown.drawn !== drawn) {
      shown.drawn = drawn;
      drawPoint(shown.button, point, label, isChosen);
    }
  };
  return {
    setPoints(points, chosen) {
      const wanted = new Set(points.map(keyOf));
      for (const [key, { marker }] of markers) {
        if (!wanted.has(key)) { marker.remove(); markers.delete(key); }
      }
      points.forEach((point) => { show(point, chosen); });
    },
    setHere(at, label) {
      here?.remove();
      here = null;
      if (at === null) return;
      const dot = document.createElement("div");
      dot.className = "map-here";
      dot.setAttribute("role", "img");
      dot.setAttribute("aria-label", label);
      here = new Marker({ element: dot }).setLngLat([at.longitude, at.latitude]).addTo(map);
    },
    setDark(wanted) {
      if (wanted === isDark) return;
      isDark = wanted;
      if (wishes.ground.style_url === null) map.setStyle(style());
    },
    go(target, isSlow, covered) {
      const duration = isSlow ? 900 : 0;
      if ("bounds" in target) map.fitBounds([...target.bounds] as [number, number, number, number], { padding: padding(covered), maxZoom: 16, duration });
      else map.flyTo({ center: [target.longitude, target.latitude], zoom: target.zoom ?? map.getZoom(), duration, offset: [0, -covered / 2] });
    },
    resize() { map.resize(); },
    end() {
      isEnded = true;
      map.remove();
    },
  };
}
