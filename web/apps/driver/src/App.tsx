import { createFormat } from "@voltway/format";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { routeOf } from "./routes.ts";
import { Speech } from "./speech.ts";
import { chooseLanguage, chosenLanguage, LANGUAGES, say, type Language } from "./words.ts";

// Each part of the app is loaded by itself: a guest who has scanned a code fetches no more than paying needs.
const PlaceList = lazy(async () => ({ default: (await import("./PlaceList.tsx")).PlaceList }));
const PlacePage = lazy(async () => ({ default: (await import("./PlacePage.tsx")).PlacePage }));
const Charging = lazy(() => import("./charge/index.tsx"));
const Booking = lazy(() => import("./book/index.tsx"));
const Me = lazy(() => import("./me/index.tsx"));

/** The map comes when it is wanted; without a network it may not, and the list does. */
const MapPage = lazy(() => import("./map/MapPage.tsx").catch(() => ({ default: () => <main><PlaceList /></main> })));
const Reporting = lazy(() => import("./report/index.tsx"));

export function App() {
  const [language, setLanguage] = useState(chosenLanguage);
  const [hash, setHash] = useState(location.hash);
  const route = useMemo(() => routeOf(hash, location.pathname), [hash]);
  const speech = useMemo(() => ({ language, format: createFormat(language), t: say.bind(null, language) }), [language]);
  useEffect(() => { document.documentElement.lang = language; }, [language]);
  useEffect(() => {
    const follow = () => { setHash(location.hash); scrollTo(0, 0); };
    addEventListener("hashchange", follow);
    return () => { removeEventListener("hashchange", follow); };
  }, []);
  return (
    <Speech value={speech}>
      <header>
        <a href="#/" className="brand">Voltway</a>
        <nav>
          <a href="#/c">{speech.t("charge")}</a>
          <a href="#/me">{speech.t("account")}</a>
        </nav>
        <label>
          <span className="unseen">{speech.t("language")}</span>
          <select value={language} onChange={(event) => { const chosen = event.target.value as Language; chooseLanguage(chosen); setLanguage(chosen); }}>
            {Object.entries(LANGUAGES).map(([key, name]) => <option key={key} value={key} lang={key}>{name}</option>)}
          </select>
        </label>
      </header>
      <Suspense fallback={<main><p role="status">{speech.t("loading")}</p></main>}>
        {route.page === "map" ? <MapPage /> : (
          <main>
            {route.page === "report" && <Reporting key={hash} placeId={route.placeId} code={route.code} />}
            {route.page === "places" && <PlaceList />}
            {route.page === "place" && <PlacePage key={route.id} id={route.id} />}
            {(route.page === "code" || route.page === "enter" || route.page === "charge") && <Charging route={route} />}
            {route.page === "booking" && <Booking key={route.part} part={route.part} rest={route.rest} />}
            {route.page === "me" && <Me part={route.part} rest={route.rest} />}
          </main>
        )}
      </Suspense>
    </Speech>
  );
}
