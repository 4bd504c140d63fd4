import { ProblemError, type PublicPlace } from "@voltway/api";
import { use, useEffect, useState } from "react";
import { waysTo } from "./navigation.ts";
import { CONNECTORS, favourites, getPlace, toggleFavourite, type Answer } from "./places.ts";
import { Speech } from "./speech.ts";
import { homeHash } from "./wanted.ts";

const AGAIN_MS = 30_000;

/** One place, asked for again while it is looked at. */
export function PlacePage({ id }: { id: string }) {
  const { language, format, t } = use(Speech);
  const [answer, setAnswer] = useState<Answer<PublicPlace> | "failed" | "gone" | null>(null);
  const [kept, setKept] = useState(favourites);
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    let isWanted = true;
    const look = () => {
      getPlace(id, language).then(
        (found) => { if (isWanted) { setAnswer(found); setNowMs(Date.now()); } },
        (error: unknown) => { if (isWanted) setAnswer(error instanceof ProblemError && error.status === 404 ? "gone" : "failed"); },
      );
    };
    look();
    const timer = setInterval(look, AGAIN_MS);
    return () => { isWanted = false; clearInterval(timer); };
  }, [id, language]);
  const back = <a href={homeHash()} className="back">‹ {t("back")}</a>;
  if (answer === null) return <>{back}<p role="status">{t("loading")}</p></>;
  if (answer === "gone" || answer === "failed") return <>{back}<h1>{t(answer)}</h1></>;
  const place = answer.value;
  const days = new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "UTC" });
  return (
    <>
      {back}
      <h1>{place.name}</h1>
      {answer.isOld && <p role="status" className="note">{t("old", { age: format.age(new Date(answer.atMs).toISOString(), nowMs) })}</p>}
      <p>{[place.address, place.postal_code, place.city].filter(Boolean).join(", ")}<br />{t("by", { operator: place.operator_name })}</p>
      <button type="button" aria-pressed={kept.includes(id)} onClick={() => { setKept(toggleFavourite(id)); }}>{t(kept.includes(id) ? "unkept" : "kept")}</button>
      {(place.is_bookable || place.queue_length !== null) && (
        <p className="chips">
          {place.is_bookable && <a className="act boxed" href={`#/book/${id}`}>{t("book")}</a>}
          {place.queue_length !== null && <a className="act boxed" href={`#/queue/${id}`}>{t("queue")}{place.queue_length > 0 && ` (${t("waiting", { count: place.queue_length })})`}</a>}
        </p>
      )}
      {place.latitude !== null && place.longitude !== null && (
        <>
          <h2>{t("way")}</h2>
          <p className="chips">{waysTo([place.latitude, place.longitude], place.name).map((way) => <a key={way.name} className="act" href={way.href} rel="noreferrer">{way.name === "geo:" ? t("phoneApp") : way.name}</a>)}</p>
        </>
      )}
      <h2>{t("access")}</h2>
      <p>{t(place.access === null ? "access_unknown" : `access_${place.access}`)}</p>
      <h2>{t("hours")}</h2>
      {place.opening_hours === null ? <p>{t("always")}</p> : (
        <>
          <p>{t(place.is_open ? "isOpen" : "isClosed")}</p>
          <ul>{place.opening_hours.map((each) => (
            // 5 January 1970 was a Monday
            <li key={`${each.weekday} ${each.begin}`}>{days.format(new Date(Date.UTC(1970, 0, 4 + each.weekday)))} {each.begin}–{each.end}</li>
          ))}</ul>
        </>
      )}
      <ul className="places">
        {place.evses.map((evse) => (
          <li key={evse.id} className="evse">
            <h2>{t("charger", { name: evse.station_name, number: evse.evse_number })}</h2>
            <p><strong className={evse.state === "free" ? "good" : ""}>{t(`state_${evse.state}`)}</strong>{evse.told_at !== null && ` · ${t("told", { age: format.age(evse.told_at, nowMs) })}`}</p>
            <p>{[...evse.connectors.map((each) => CONNECTORS[each.type ?? ""] ?? each.type), evse.power_w_max !== null && t("upTo", { power: format.powerRating(evse.power_w_max) })].filter(Boolean).join(" · ")}</p>
            <p>{evse.price ?? t("noPrice")}</p>
            <p>{[evse.success_percent !== null && t("success", { percent: evse.success_percent }), evse.last_success_at !== null && t("last", { age: format.age(evse.last_success_at, nowMs) })].filter(Boolean).join(" · ")}</p>
            <a className="main" href={`#/c/${evse.id}`}>{t("chargeHere")}</a>
          </li>
        ))}
      </ul>
      {place.help_phone !== null && <p><a className="act" href={`tel:${place.help_phone.replace(/[^+\d]/g, "")}`}>{t("help")}: {place.help_phone}</a></p>}
      {place.directions !== null && <><h2>{t("directions")}</h2><p>{place.directions}</p></>}
      <p className="chips"><a className="act" href={`#/report/${id}`}>{t("report")}</a>{localStorage.getItem("voltway.reports") !== null && <a className="act" href="#/reports">{t("reports")}</a>}</p>
    </>
  );
}
