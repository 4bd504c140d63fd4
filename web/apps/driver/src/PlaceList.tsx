import { use, useEffect, useState } from "react";
import { Filters } from "./Filters.tsx";
import { favourites, findPlaces, type Answer, type Found } from "./places.ts";
import { Speech } from "./speech.ts";
import { PlaceLine } from "./PlaceLine.tsx";
import { queryOf, rememberHome, useWanted } from "./wanted.ts";

const TYPING_MS = 250;

/** The search and what it finds. */
export function PlaceList() {
  const { language, format, t } = use(Speech);
  const [wanted, change] = useWanted();
  const [answer, setAnswer] = useState<Answer<Found> | "failed" | null>(null);
  const [isDenied, setDenied] = useState(false);
  const [onlyKept, setOnlyKept] = useState(false);
  const [round, setRound] = useState(0);
  useEffect(() => { rememberHome(`#/${queryOf(wanted)}`); }, [wanted]);
  useEffect(() => {
    let isWanted = true;
    const timer = setTimeout(() => {
      findPlaces(wanted, language, null).then(
        (found) => { if (isWanted) setAnswer(found); },
        () => { if (isWanted) setAnswer("failed"); },
      );
    }, TYPING_MS);
    return () => { isWanted = false; clearTimeout(timer); };
  }, [wanted, language, round]);

  const more = async () => {
    if (answer === null || answer === "failed") return;
    const next = await findPlaces(wanted, language, answer.value.next).catch(() => null);
    if (next === null) setAnswer("failed");
    else setAnswer({ ...next, value: { items: [...answer.value.items, ...next.value.items], next: next.value.next } });
  };
  const kept = favourites();
  const places = answer === null || answer === "failed" ? [] : answer.value.items.filter((place) => !onlyKept || kept.includes(place.id));
  return (
    <>
      <div className="title"><h1>{t("title")}</h1><a className="act" href={`#/map${queryOf(wanted)}`}>{t("map")}</a></div>
      <search>
        <input type="search" aria-label={t("search")} placeholder={t("search")} maxLength={100} value={wanted.text} onChange={(event) => { change({ text: event.target.value }); }} />
        <Filters onDenied={setDenied}>
          <button type="button" aria-pressed={onlyKept} onClick={() => { setOnlyKept(!onlyKept); }}>{t("favourites")}</button>
        </Filters>
      </search>
      <div role="status">
        {isDenied && <p className="note">{t("denied")}</p>}
        {answer === null && <p>{t("loading")}</p>}
        {answer === "failed" && <p className="note">{t("failed")}</p>}
        {answer !== null && answer !== "failed" && answer.isOld && <p className="note">{t("old", { age: format.dateTime(new Date(answer.atMs).toISOString()) })}</p>}
        {answer !== null && answer !== "failed" && places.length === 0 && <p>{t("none")}</p>}
      </div>
      {answer === "failed" && <button type="button" onClick={() => { setRound(round + 1); }}>{t("again")}</button>}
      <ul className="places">
        {places.map((place) => <PlaceLine key={place.id} place={place} isPriceAsked={wanted.priceMax !== ""} />)}
      </ul>
      {answer !== null && answer !== "failed" && answer.value.next !== null && <button type="button" onClick={() => { void more(); }}>{t("more")}</button>}
    </>
  );
}
