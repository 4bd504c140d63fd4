import { around, bboxOf, MapView, type Ground, type MapPoint, type Target, type View } from "@voltway/map";
import "@voltway/map/styles.css";
import { use, useEffect, useEffectEvent, useState, useSyncExternalStore } from "react";
import { Filters } from "../Filters.tsx";
import { PlaceLine } from "../PlaceLine.tsx";
import { findPlaces, type Answer, type Found } from "../places.ts";
import { Speech } from "../speech.ts";
import { queryOf, rememberHome, useWanted } from "../wanted.ts";
import { findPoints, findTowns, getGround } from "./asking.ts";
import "./map.css";
import { PlaceCard } from "./PlaceCard.tsx";
import { SpotSearch } from "./SpotSearch.tsx";
import { useMapWords } from "./words.ts";

const AGAIN_MS = 30_000;
const SETTLED_MS = 120;
const NEAR_ZOOM = 12;
const PLACE_ZOOM = 13;
const TOWN_ZOOM = 10;
const NARROW = "(width < 800px)";
const SHEET_SHARE = 0.55;
const STORED_VIEW = "voltway.view";
const WORLD = { bounds: [-170, -55, 180, 72] } as const satisfies Target;
const DARK = "(prefers-color-scheme: dark)";

function onDarkChange(listener: () => void): () => void {
  const query = matchMedia(DARK);
  query.addEventListener("change", listener);
  return () => { query.removeEventListener("change", listener); };
}

function storedView(): Target | null {
  try {
    const stored = JSON.parse(sessionStorage.getItem(STORED_VIEW) ?? "null") as { longitude?: unknown; latitude?: unknown; zoom?: unknown } | null;
    if (typeof stored?.longitude !== "number" || typeof stored.latitude !== "number" || typeof stored.zoom !== "number") return null;
    return { longitude: stored.longitude, latitude: stored.latitude, zoom: stored.zoom };
  } catch {
    return null;
  }
}

interface Beginning { ground: Ground; start: Target }

/** The map and, beside it or in the sheet below it, the same places as a list. */
export default function MapPage() {
  const { language, format, t } = use(Speech);
  const tell = useMapWords();
  const [wanted, change] = useWanted();
  const isDark = useSyncExternalStore(onDarkChange, () => matchMedia(DARK).matches);
  const [beginning, setBeginning] = useState<Beginning | null>(null);
  const [view, setView] = useState<View | null>(null);
  const [points, setPoints] = useState<Answer<MapPoint[]> | null>(null);
  const [list, setList] = useState<Answer<Found> | "failed" | null>(null);
  const [failure, setFailure] = useState<"webgl" | "load" | null>(null);
  const [target, setTarget] = useState<Target | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const [isDenied, setDenied] = useState(false);
  const [isSheetUp, setSheetUp] = useState(false);
  const [round, setRound] = useState(0);

  useEffect(() => { rememberHome(`#/map${queryOf(wanted)}`); }, [wanted]);
  const whole = useEffectEvent(() => findPoints(wanted, null).then(({ value }): Target => ({ bounds: around(value) ?? WORLD.bounds }), (): Target => WORLD));
  useEffect(() => { // only where the map begins: later filters leave it where it is
    let isWanted = true;
    const ground = getGround().then((found) => found.value, (): Ground => ({ style_url: null, tiles_url: null, tiles_zoom_max: 19, pmtiles_url: null, attribution: "" }));
    void Promise.all([ground, storedView() ?? whole()]).then(([found, start]) => { if (isWanted) setBeginning({ ground: found, start }); });
    return () => { isWanted = false; };
  }, []);
  useEffect(() => {
    const timer = setInterval(() => { if (!document.hidden) setRound((before) => before + 1); }, AGAIN_MS);
    return () => { clearInterval(timer); };
  }, []);
  // What is in view; all there is where no map can be drawn.
  useEffect(() => {
    if (view === null && failure === null) return undefined;
    let isWanted = true;
    const timer = setTimeout(() => {
      if (view !== null) findPoints(wanted, view).then((found) => { if (isWanted) setPoints(found); }, () => undefined);
      findPlaces(wanted, language, null, view === null ? null : bboxOf(view.bounds)).then(
        (found) => { if (isWanted) setList(found); },
        () => { if (isWanted) setList("failed"); },
      );
    }, SETTLED_MS);
    return () => { isWanted = false; clearTimeout(timer); };
  }, [view, wanted, language, failure, round]);
  const { near } = wanted;
  const [shownNear, setShownNear] = useState<typeof near>(null);
  if (near !== shownNear) { // the person has been found anew: the map goes there
    setShownNear(near);
    if (near !== null) setTarget({ ...near, zoom: NEAR_ZOOM });
  }

  const look = (next: View) => {
    setView(next);
    sessionStorage.setItem(STORED_VIEW, JSON.stringify({ longitude: next.longitude, latitude: next.latitude, zoom: next.zoom }));
  };
  const choose = (id: string | null) => { setChosen(id); if (id !== null) setSheetUp(true); };
  const nameOf = (point: MapPoint) =>
    point.places === 1
      ? `${point.name ?? ""}: ${t("freeOf", { free: point.counts.free, all: Object.values(point.counts).reduce((sum, count) => sum + count, 0) })}`
      : tell("several", { places: point.places, free: point.counts.free });
  const places = list === null || list === "failed" ? [] : list.value.items;
  const shown = points?.value ?? [];
  const inView = shown.reduce((sum, point) => sum + point.places, 0);
  const free = shown.reduce((sum, point) => sum + point.counts.free, 0);
  const old = list !== null && list !== "failed" && list.isOld ? list.atMs : null;
  const more = async () => {
    if (list === null || list === "failed") return;
    const next = await findPlaces(wanted, language, list.value.next, view === null ? null : bboxOf(view.bounds)).catch(() => null);
    setList(next === null ? "failed" : { ...next, value: { items: [...list.value.items, ...next.value.items], next: next.value.next } });
  };
  return (
    <main className={`on-map${failure === null ? "" : " no-map"}`}>
      <h1 className="unseen">{tell("mapOf")}</h1>
      <search className="seek">
        <div className="title">
          <SpotSearch
            near={near ?? view}
            onPlace={(place) => {
              choose(place.id);
              if (place.latitude !== null && place.longitude !== null) setTarget({ latitude: place.latitude, longitude: place.longitude, zoom: PLACE_ZOOM });
            }}
            onSpot={(spot) => { choose(null); setSheetUp(false); setTarget(spot.bounds === null ? { latitude: spot.latitude, longitude: spot.longitude, zoom: TOWN_ZOOM } : { bounds: spot.bounds }); }}
          />
          <a className="act" href={`#/${queryOf(wanted)}`}>{tell("list")}</a>
        </div>
        <Filters onDenied={setDenied}>
          {wanted.text !== "" && <button type="button" onClick={() => { change({ text: "" }); }}>{tell("without", { text: wanted.text })} ×</button>}
        </Filters>
        <div role="status">
          {isDenied && <p className="note">{t("denied")}</p>}
          {failure !== null && <p className="note">{tell(failure === "webgl" ? "noMap" : "noLibrary")}</p>}
          {old !== null && <p className="note">{t("old", { age: format.dateTime(new Date(old).toISOString()) })}</p>}
        </div>
      </search>
      {failure === null && (
        <div className="ground">
          {beginning !== null && (
            <MapView
              ground={beginning.ground} start={beginning.start} points={shown} chosen={chosen} here={near} target={target} isDark={isDark}
              words={{ label: tell("mapOf"), zoomIn: tell("zoomIn"), zoomOut: tell("zoomOut"), here: tell("here") }}
              nameOf={nameOf} towns={findTowns} onView={look} onChoose={(point) => { choose(point.id); if (matchMedia(NARROW).matches) setTarget({ longitude: point.longitude, latitude: point.latitude }); }} onFailure={setFailure}
              coveredTop={matchMedia(NARROW).matches ? 110 : 0}
              covered={isSheetUp && matchMedia(NARROW).matches ? innerHeight * SHEET_SHARE : 0}
            />
          )}
        </div>
      )}
      <section className={`sheet${isSheetUp || failure !== null ? " up" : ""}`} aria-label={tell("results")}>
        <button type="button" className="handle" aria-expanded={isSheetUp} onClick={() => { setSheetUp(!isSheetUp); if (isSheetUp) setChosen(null); }}>
          <span aria-hidden="true" /><span className="unseen">{tell(isSheetUp ? "close" : "open")}</span>
        </button>
        {chosen !== null && <PlaceCard key={chosen} id={chosen} round={round} onClose={() => { choose(null); }} />}
        <p className="count" role="status">
          {list === "failed" ? t("failed") : list === null ? t("loading") : places.length === 0 ? tell("noneInView")
            : failure !== null ? t("title") : tell(inView === 1 ? "onePlace" : "inView", { places: format.number(inView), free: format.number(free) })}
        </p>
        <ul className="places">
          {places.map((place) => <PlaceLine key={place.id} place={place} isPriceAsked={wanted.priceMax !== ""} />)}
        </ul>
        {list !== null && list !== "failed" && list.value.next !== null && <button type="button" onClick={() => { void more(); }}>{t("more")}</button>}
      </section>
    </main>
  );
}
