import { createFormat } from "@voltway/format";
import { ProblemError, type Booking, type QueuePlace } from "@voltway/api";
import { use, useCallback, useEffect, useState } from "react";
import { lasting, type Answer } from "../places.ts";
import { Speech } from "../speech.ts";
import { useTexts } from "../texts.ts";
import { act, lastPlace, listBookings } from "./calls.ts";
import { OPEN as OPEN_PLACES } from "./QueuePage.tsx";
import { TEXTS } from "./texts.ts";

const AGAIN_MS = 15_000;
const OPEN = ["requested", "confirmed", "moved", "checked_in", "charging"];

/** All that one has booked, and where one waits. */
export function MinePage() {
  const { format } = use(Speech);
  const t = useTexts(TEXTS);
  const [answer, setAnswer] = useState<Answer<{ bookings: Booking[]; place: QueuePlace | null }> | "failed" | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const look = useCallback(async () => {
    const ask = async () => ({ bookings: await listBookings(), place: await lastPlace() });
    await lasting("me.bookings", ask).then(setAnswer, () => { setAnswer((before) => before ?? "failed"); });
  }, []);
  useEffect(() => {
    void look();
    const timer = setInterval(() => void look(), AGAIN_MS);
    return () => { clearInterval(timer); };
  }, [look]);
  if (answer === null || answer === "failed") return <><h1>{t("mineTitle")}</h1><p role="status">{t(answer === null ? "loading" : "noAnswer")}</p></>;
  const { bookings, place } = answer.value;
  const doing = async (what: () => Promise<unknown>) => {
    setSaid(null);
    await what().catch((error: unknown) => { setSaid(error instanceof ProblemError && !error.isUnreachable ? error.message : t("noAnswer")); });
    await look();
  };
  const open = bookings.filter((one) => OPEN.includes(one.state)).sort((one, other) => one.starts_at.localeCompare(other.starts_at));
  const over = bookings.filter((one) => !OPEN.includes(one.state));
  return (
    <>
      <h1>{t("mineTitle")}</h1>
      {answer.isOld && <p role="status" className="note">{t("asOf", { at: format.dateTime(new Date(answer.atMs).toISOString()) })}</p>}
      <p role="alert" className={said === null ? "" : "note"}>{said}</p>
      {place !== null && OPEN_PLACES.includes(place.state) && (
        <section className="panel" aria-labelledby="line">
          <h2 id="line">{t("inLine")}</h2>
          <p><strong>{place.location_name}</strong><br />{place.state === "called" ? t("called") : place.ahead === 0 ? t("youAreNext") : t("aheadCount", { count: place.ahead ?? 0 })}</p>
          <a className="main" href={`#/queue/${place.location_id}`}>{t("show")}</a>
        </section>
      )}
      <h2>{t("ahead")}</h2>
      {open.length === 0 && <p className="dim">{t("none")}</p>}
      {open.map((one) => <Card key={one.id} booking={one} nowMs={answer.atMs} doing={doing} />)}
      {over.length > 0 && <h2>{t("before")}</h2>}
      {over.map((one) => <Card key={one.id} booking={one} nowMs={answer.atMs} doing={doing} />)}
    </>
  );
}

function Card({ booking, nowMs, doing }: { booking: Booking; nowMs: number; doing: (what: () => Promise<unknown>) => Promise<void> }) {
  const { language } = use(Speech);
  const t = useTexts(TEXTS);
  const format = createFormat(language, booking.time_zone);
  const [isSure, setSure] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const { id, fee } = booking;
  const costs = Date.parse(booking.free_cancel_until) < nowMs ? booking.late_cancel_fee : null;
  const press = (what: "check-in" | "cancellation") => { setBusy(true); void doing(() => act(id, what)).finally(() => { setBusy(false); setSure(false); }); };
  const isWaiting = ["confirmed", "moved"].includes(booking.state);
  return (
    <article className="panel booking" aria-label={`${booking.location_name}, ${format.dateTime(booking.starts_at)}`}>
      <h3>{t("chosen", { from: format.dateTime(booking.starts_at), to: format.time(booking.ends_at) })}</h3>
      <p>{booking.location_name} · {t("charger", { name: booking.station_identity, number: booking.evse_number })}<br /><strong>{t(`state_${booking.state}`)}</strong></p>
      {isWaiting && <p className="dim">{booking.can_check_in ? t("keptUntil", { at: format.time(booking.kept_until) }) : t("checkInFrom", { at: format.dateTime(booking.held_from) })} {booking.can_change && t("freeUntil", { at: format.dateTime(booking.free_cancel_until) })}</p>}
      {fee !== null && <p className="note">{fee.is_waived ? t("feeWaived") : t("feeDue", { fee: format.money(fee.amount) })}</p>}
      {isSure ? (
        <div className="callout alarm">
          <p>{t("cancelSure")} {costs === null ? t("cancelFree") : t("cancelCosts", { fee: format.money(costs) })}</p>
          <p className="pair"><button type="button" disabled={isBusy} onClick={() => { press("cancellation"); }}>{t("cancelYes")}</button><button type="button" onClick={() => { setSure(false); }}>{t("keep")}</button></p>
        </div>
      ) : (
        <>
          {booking.can_check_in && <button type="button" className="main" disabled={isBusy} onClick={() => { press("check-in"); }}>{t("checkIn")}</button>}
          {booking.state === "checked_in" && <p><a className="main" href={`#/places/${booking.location_id}`}>{t("charge")}</a></p>}
          <p className="pair">
            {booking.can_change && <a className="act boxed" href={`#/book/${booking.location_id}/${id}`}>{t("change")}</a>}
            {booking.can_cancel && <button type="button" disabled={isBusy} onClick={() => { setSure(true); }}>{t("cancel")}</button>}
            <a className="act" href={`#/places/${booking.location_id}`}>{t("toPlace")}</a>
          </p>
        </>
      )}
    </article>
  );
}
