import type { PublicPlace } from "@voltway/api";
import { use, useEffect, useRef, useState } from "react";
import { waysTo } from "../navigation.ts";
import { CONNECTORS, getPlace } from "../places.ts";
import { Speech } from "../speech.ts";
import { useMapWords } from "./words.ts";

/** The plugs of a place in short: each kind with its power, how many there are and how many are free. */
export function plugsOf(place: PublicPlace): { name: string; powerW: number | null; all: number; free: number }[] {
  const kinds = new Map<string, { name: string; powerW: number | null; all: number; free: number }>();
  for (const evse of place.evses) {
    const name = [...new Set(evse.connectors.map(({ type }) => CONNECTORS[type ?? ""] ?? type).filter((each) => each !== null))].join(" / ");
    const key = `${name} ${evse.power_w_max ?? 0}`;
    const kind = kinds.get(key) ?? { name, powerW: evse.power_w_max, all: 0, free: 0 };
    kinds.set(key, { ...kind, all: kind.all + 1, free: kind.free + (evse.state === "free" ? 1 : 0) });
  }
  return [...kinds.values()].sort((one, other) => (other.powerW ?? 0) - (one.powerW ?? 0));
}

/** The newest that is known of any plug: its status, and its last charge. */
function latest(times: readonly (string | null)[]): string | null {
  return times.filter((each) => each !== null).sort().at(-1) ?? null;
}

/** What a driver wants to know before deciding for a place; asked for again with each round. */
export function PlaceCard({ id, round, onClose }: { id: string; round: number; onClose: () => void }) {
  const { language, format, t } = use(Speech);
  const tell = useMapWords();
  const [place, setPlace] = useState<PublicPlace | "failed" | null>(null);
  const [nowMs, setNowMs] = useState(Date.now);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    let isWanted = true;
    getPlace(id, language).then(
      ({ value }) => { if (isWanted) { setPlace(value); setNowMs(Date.now()); } },
      () => { if (isWanted) setPlace((before) => before ?? "failed"); },
    );
    return () => { isWanted = false; };
  }, [id, language, round]);
  const isThere = place !== null;
  useEffect(() => { if (isThere) heading.current?.focus(); }, [isThere]);
  const shut = <button type="button" className="shut" aria-label={tell("shut")} onClick={onClose}>×</button>;
  if (place === null) return <article className="card" aria-busy="true">{shut}<p>{t("loading")}</p></article>;
  if (place === "failed") return <article className="card">{shut}<h2 ref={heading} tabIndex={-1}>{t("failed")}</h2></article>;
  const toldAt = latest(place.evses.map((evse) => evse.told_at));
  const lastAt = latest(place.evses.map((evse) => evse.last_success_at));
  const percents = place.evses.map((evse) => evse.success_percent).filter((each) => each !== null);
  const price = place.evses.find((evse) => evse.price !== null)?.price ?? null;
  const [way] = place.latitude === null || place.longitude === null ? [] : waysTo([place.latitude, place.longitude], place.name);
  return (
    <article className="card" aria-label={place.name}>
      {shut}
      <h2 ref={heading} tabIndex={-1}>{place.name}</h2>
      <p className="dim">{[place.address, place.city, place.distance_m === null ? null : `${format.number(place.distance_m / 1000, 1)}\u00a0km`].filter(Boolean).join(", ")}</p>
      <p><strong className={place.free_count > 0 ? "good" : ""}>{t("freeOf", { free: place.free_count, all: place.evses.length })}</strong> · {t(place.is_open ? "isOpen" : "isClosed")}{(place.queue_length ?? 0) > 0 && ` · ${t("waiting", { count: place.queue_length ?? 0 })}`}{toldAt !== null && <span className="dim"> · {tell("told", { age: format.age(toldAt, nowMs) })}</span>}</p>
      <ul className="plugs">
        {plugsOf(place).map((kind) => (
          <li key={`${kind.name} ${kind.powerW ?? 0}`}><b>{kind.name}</b> {kind.powerW !== null && format.powerRating(kind.powerW)} <span className={kind.free > 0 ? "good" : "dim"}>{kind.free}/{kind.all}</span></li>
        ))}
      </ul>
      {price !== null && <p>{price}</p>}
      {place.access === "restricted" && <p className="dim">{t("access")}: {t("access_restricted")}</p>}
      <p className="dim">{[percents.length > 0 && t("success", { percent: Math.min(...percents) }), lastAt !== null && t("last", { age: format.age(lastAt, nowMs) })].filter(Boolean).join(" · ")}</p>
      <p className="doing"><a className="act main" href={`#/places/${place.id}`}>{tell("details")}</a>{way !== undefined && <a className="act" href={way.href} rel="noreferrer">{tell("go")}</a>}</p>
    </article>
  );
}
