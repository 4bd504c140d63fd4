import { createFormat } from "@voltway/format";
import { ProblemError, type Booking, type BookingCalendar, type BookingOffer } from "@voltway/api";
import { use, useEffect, useEffectEvent, useState } from "react";
import { CONNECTORS } from "../places.ts";
import { Speech } from "../speech.ts";
import { useTexts } from "../texts.ts";
import { book, getBooking, getRules, getSlots, move } from "./calls.ts";
import { Choose, Rules } from "./Rules.tsx";
import { TEXTS, type Word } from "./texts.ts";
import { daysAhead, inShort, lengths } from "./times.ts";

const MINUTE_MS = 60_000;
const USUAL_MINUTES = 60;
/** What a refusal means to whoever books; anything else is told in the server's words. */
const REFUSALS: Readonly<Record<string, Word>> = { "slot-taken": "taken", "rules-changed": "rulesChanged", "too-many-bookings": "tooMany" };

/** Books a slot, or moves a booking to another one. The rules and what is due come first. */
export function BookPage({ locationId, bookingId }: { locationId: string; bookingId: string | null }) {
  const { language } = use(Speech);
  const t = useTexts(TEXTS);
  const [rules, setRules] = useState<BookingOffer | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const [round, setRound] = useState(0);
  const [done, setDone] = useState<Booking | null>(null);
  const [old, setOld] = useState<Booking | null>(null);
  const failed = useEffectEvent(() => { setSaid(t("noAnswer")); });
  useEffect(() => {
    getRules(locationId).then(setRules, () => { failed(); });
    if (bookingId !== null) getBooking(bookingId).then(setOld, () => { failed(); });
  }, [locationId, bookingId, round]);
  const back = <a href={`#/places/${locationId}`} className="back">‹ {t("back")}</a>;
  const problem = <p role="alert" className={said === null ? "" : "note"}>{said}</p>;
  if (rules === null) return <>{back}{said === null ? <p role="status">{t("loading")}</p> : problem}</>;
  const format = createFormat(language, rules.time_zone);
  if (done !== null) {
    return (
      <section className="panel" role="status">
        <h1>{t(bookingId === null ? "ok" : "moved")}</h1>
        <p><strong>{done.location_name}</strong><br />{t("chosen", { from: format.dateTime(done.starts_at), to: format.time(done.ends_at) })}<br />{t("charger", { name: done.station_identity, number: done.evse_number })}</p>
        <p>{t(`state_${done.state}`)}</p>
        <a className="main" href="#/bookings">{t("mineTitle")}</a>
      </section>
    );
  }
  const send = (slot: { starts_at: string; ends_at: string }, connector: string) => {
    setSaid(null);
    const wanted = { starts_at: slot.starts_at, ends_at: slot.ends_at, connector_type: connector || null, rules_version: rules.rules_version };
    return (bookingId === null ? book(locationId, wanted) : move(bookingId, wanted)).then(setDone, (error: unknown) => {
      const word = error instanceof ProblemError ? REFUSALS[error.code] : undefined;
      setSaid(word !== undefined ? t(word) : error instanceof ProblemError && !error.isUnreachable ? error.message : t("noAnswer"));
      setRound(round + 1);
    });
  };
  return (
    <>
      {back}
      <h1>{t(bookingId === null ? "bookTitle" : "changeTitle")}<small className="sub">{rules.location_name}</small></h1>
      {old !== null && <p>{t("chosen", { from: format.dateTime(old.starts_at), to: format.time(old.ends_at) })} · {t(`state_${old.state}`)}</p>}
      {rules.is_bookable ? <><Rules rules={rules} isQueue={false} />{problem}<Slots rules={rules} round={round} isChange={bookingId !== null} onChosen={send} /></> : <p className="note">{t("notBookable")}</p>}
    </>
  );
}

function Slots({ rules, round, isChange, onChosen }: { rules: BookingOffer; round: number; isChange: boolean; onChosen: (slot: { starts_at: string; ends_at: string }, connector: string) => Promise<void> }) {
  const { language } = use(Speech);
  const t = useTexts(TEXTS);
  const format = createFormat(language, rules.time_zone);
  const [nowMs, setNowMs] = useState(Date.now);
  const days = daysAhead(nowMs, rules.horizon_days, rules.time_zone);
  const offered = lengths(rules.slot_step_minutes, rules.length_min_minutes, rules.length_max_minutes);
  const [day, setDay] = useState(days[0] ?? "");
  const [length, setLength] = useState(offered.includes(USUAL_MINUTES) ? USUAL_MINUTES : (offered[0] ?? USUAL_MINUTES));
  const [connector, setConnector] = useState("");
  const [calendar, setCalendar] = useState<BookingCalendar | "failed" | null>(null);
  const [chosen, setChosen] = useState<BookingCalendar["slots"][number] | null>(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    let isWanted = true;
    getSlots(rules.location_id, day, length, connector).then(
      (found) => { if (isWanted) { setCalendar(found); setNowMs(Date.now()); setChosen(null); } },
      () => { if (isWanted) setCalendar("failed"); },
    );
    return () => { isWanted = false; };
  }, [rules.location_id, day, length, connector, round]);
  // Slots of another day must not be chosen while those that are wanted are on their way.
  const anew = () => { setCalendar(null); setChosen(null); };
  const nameOf = new Intl.DateTimeFormat(language, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
  const freeUntilMs = chosen === null ? 0 : Date.parse(chosen.starts_at) - rules.free_cancel_minutes * MINUTE_MS;
  return (
    <form className="panel" onSubmit={(event) => {
      event.preventDefault();
      if (chosen === null) return;
      setBusy(true);
      void onChosen(chosen, connector).finally(() => { setBusy(false); });
    }}>
      <div className="wants">
        <Choose label={t("day")} value={day} onChange={(value) => { setDay(value); anew(); }} options={days.map((each) => [each, nameOf.format(Date.parse(`${each}T00:00:00Z`))])} />
        <Choose label={t("length")} value={String(length)} onChange={(value) => { setLength(Number(value)); anew(); }} options={offered.map((each) => [String(each), inShort(format.duration(each * 60))])} />
        <Choose label={t("connector")} value={connector} onChange={(value) => { setConnector(value); anew(); }} options={[["", t("any")], ...rules.connector_types.map((each): [string, string] => [each, CONNECTORS[each] ?? each])]} />
      </div>
      <fieldset>
        <legend>{t("slots")}</legend>
        {calendar === null && <p role="status">{t("loading")}</p>}
        {calendar === "failed" && <p role="status" className="note">{t("noAnswer")}</p>}
        {calendar !== null && calendar !== "failed" && calendar.slots.length === 0 && <p role="status">{t("noSlots")}</p>}
        {calendar !== null && calendar !== "failed" && (
          <div className="slots">
            {calendar.slots.map((slot) => (
              <label key={slot.starts_at} className="choice">
                <input type="radio" name="slot" required checked={chosen?.starts_at === slot.starts_at} onChange={() => { setChosen(slot); }} />
                <span>{format.time(slot.starts_at)}<small>{t("freeCount", { count: slot.free })}</small></span>
              </label>
            ))}
          </div>
        )}
      </fieldset>
      {chosen !== null && (
        <div className="promise" role="status">
          <h2>{t("chosen", { from: format.dateTime(chosen.starts_at), to: format.time(chosen.ends_at) })}</h2>
          <p>{freeUntilMs > nowMs ? t("freeUntil", { at: format.dateTime(new Date(freeUntilMs).toISOString()) }) : rules.late_cancel_fee !== null && t("notFree")} {rules.no_show_fee === null ? t("ruleNoShowFree") : t("ruleNoShow", { fee: format.money(rules.no_show_fee) })}</p>
        </div>
      )}
      <button type="submit" className="main" disabled={chosen === null || isBusy}>{t(isChange ? "doChange" : "doBook")}</button>
    </form>
  );
}
