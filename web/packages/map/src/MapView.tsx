import { useEffect, useEffectEvent, useRef, useState } from "react";
import type { Drawn, Target, View } from "./draw.ts";
import type { Ground, Town } from "./ground.ts";
import type { Bounds, MapPoint } from "./points.ts";

export interface MapViewProps {
  ground: Ground;
  points: readonly MapPoint[];
  /** where the map begins; it is not moved by a later value */
  start: Target;
  isDark: boolean;
  words: { label: string; zoomIn: string; zoomOut: string; here: string };
  /** what a point is called, for those who hear or hover */
  nameOf: (point: MapPoint) => string;
  towns: (bounds: Bounds, zoom: number) => Promise<Town[]>;
  onView: (view: View) => void;
  /** a single thing was pressed; several are zoomed into by the map itself */
  onChoose: (point: MapPoint) => void;
  /** this browser cannot draw, or the library did not come */
  onFailure: (why: "webgl" | "load") => void;
  chosen?: string | null;
  here?: { longitude: number; latitude: number } | null;
  /** so many pixels at the bottom are under something */
  covered?: number;
  coveredTop?: number;
  /** a new value moves the map there */
  target?: Target | null;
}

/** Whether the browser can draw maps at all. */
export function canDraw(): boolean {
  try {
    return "WebGL2RenderingContext" in globalThis && document.createElement("canvas").getContext("webgl2") !== null;
  } catch {
    return false;
  }
}

const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** The map. Its library is fetched when it is first shown. Its parent says how large it is. */
export function MapView(props: MapViewProps) {
  const { ground, points, chosen = null, here = null, target = null, isDark, words } = props;
  const element = useRef<HTMLDivElement>(null);
  const [drawn, setDrawn] = useState<Drawn | null>(null);
  const told = useEffectEvent(() => props);
  useEffect(() => {
    const place = element.current;
    if (place === null) return undefined;
    let made: Drawn | null = null;
    let isWanted = true;
    const fail = (why: "webgl" | "load") => { if (isWanted) told().onFailure(why); };
    const begin = async () => {
      if (!canDraw()) { fail("webgl"); return; }
      const library = await import("./draw.ts").catch(() => null);
      if (library === null) { fail("load"); return; }
      const { start, isDark: dark, words: said, coveredTop = 0 } = told();
      const ready = await library.draw(place, {
        ground, isDark: dark, coveredTop, start, ...said,
        nameOf: (point) => told().nameOf(point),
        towns: (bounds, zoom) => told().towns(bounds, zoom),
        onView: (view) => { told().onView(view); },
        onPoint: (point) => {
          if (point.places === 1) told().onChoose(point);
          else made?.go({ bounds: point.bounds }, !isCalm(), told().covered ?? 0);
        },
      }).catch(() => null);
      if (ready === null) { fail("webgl"); return; }
      if (!isWanted) { ready.end(); return; }
      made = ready;
      setDrawn(ready);
    };
    void begin();
    const sized = new ResizeObserver(() => made?.resize());
    sized.observe(place);
    return () => { isWanted = false; sized.disconnect(); made?.end(); setDrawn(null); };
  }, [ground]);
  useEffect(() => { drawn?.setPoints(points, chosen); }, [drawn, points, chosen]);
  useEffect(() => { drawn?.setHere(here, words.here); }, [drawn, here, words.here]);
  useEffect(() => { drawn?.setDark(isDark); }, [drawn, isDark]);
  useEffect(() => { if (target !== null) drawn?.go(target, !isCalm(), told().covered ?? 0); }, [drawn, target]);
  return <div ref={element} className="map-view" data-dark={isDark || undefined} />;
}
