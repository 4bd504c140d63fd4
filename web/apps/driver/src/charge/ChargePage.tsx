import type { Charge } from "@voltway/api";
import { use, useEffect, useState, type ReactNode } from "react";
import { Speech } from "../speech.ts";
import { useTexts } from "../texts.ts";
import { unlock } from "./calls.ts";
import { CodeForm } from "./CodeForm.tsx";
import { Live } from "./Live.tsx";
import { allPending } from "./pending.ts";
import { Receipt } from "./Receipt.tsx";
import { Steps } from "./Steps.tsx";
import { causeOf, phaseOf, secondsUntil } from "./steps.ts";
import { TEXTS, type Word } from "./texts.ts";
import { useCharge } from "./useCharge.ts";

/** What the server refuses, in the driver's language; all else in the server's words. */
const REFUSALS: Readonly<Record<string, Word>> = {
  "evse-busy": "refused_busy", "too-many-payments": "refused_often", "place-unknown": "unknownTitle", "payment-not-in-state": "refused_state", "invalid-field": "refused_field",
};

/** The charge that was begun on this phone, from the payment to the receipt. */
export function ChargePage() {
  const { language, format, t: word } = use(Speech);
  const t = useTexts(TEXTS);
  const { record, watched, isBusy, refused, act, retry, leave, turnTo } = useCharge(language);
  const refusedWord = refused === null ? undefined : REFUSALS[refused.code];
  const nowMs = useNow();
  const { charge } = watched;
  if (record === null) return <section className="panel"><h1>{t("enterTitle")}</h1><p>{t("enterText")}</p><CodeForm /></section>;
  const toOffer = () => { leave(); location.hash = `#/c/${record.code}`; };
  if (charge === null && watched.refusal !== null) {
    const known = REFUSALS[watched.refusal.code];
    return (
      <section className="panel alarm" role="alert">
        <h1>{known === undefined ? watched.refusal.title : t(known)}</h1><p>{known === undefined ? watched.refusal.message : t("nothingTaken")}</p>
        <button type="button" className="main" onClick={toOffer}>{t("otherWay")}</button>
      </section>
    );
  }
  const phase = charge === null ? "starting" : phaseOf(charge);
  const point = charge?.point;
  const sinceMs = nowMs - watched.atMs;
  return (
    <>
      <header className="at">
        <h1>{t(phase === "ended" ? "ended" : "progress")}</h1>
        {point && <p className="dim">{point.place_name} · {t("plug", { name: point.station_name, number: point.evse_number })}</p>}
      </header>
      {allPending().filter((each) => each.key !== record.key).map((other) => (
        <p key={other.key} className="note">{t("another", { code: other.code })} <button type="button" className="plain" onClick={() => { turnTo(other.key); }}>{t("toCharge")}</button></p>
      ))}
      {watched.isLost && (
        <p role="status" className="note">
          {record.payment === null ? t("now_unknown") : phase === "charging" ? t("lost", { age: format.age(new Date(watched.atMs).toISOString(), nowMs) }) : t("old", { age: format.age(new Date(watched.atMs || nowMs).toISOString(), nowMs) })}
        </p>
      )}
      {refused !== null && <p role="alert" className="note">{refusedWord === undefined ? refused.message : t(refusedWord)}</p>}
      {(phase === "starting" || phase === "failed") && (
        <section className="panel">
          <Steps charge={charge} />
          {phase === "starting" && <Starting charge={charge} isUnknown={record.payment === null} sinceMs={sinceMs} isBusy={isBusy} confirmed={() => { void act("confirmation"); }} cancel={() => { void act("cancellation"); }} />}
          {phase === "failed" && charge !== null && <Failed charge={charge} sinceMs={sinceMs} isBusy={isBusy} retry={() => { void retry(); }} letGo={() => { void act("cancellation"); }} toOffer={toOffer} />}
        </section>
      )}
      {phase === "charging" && charge !== null && <Live charge={charge} nowMs={nowMs} atMs={watched.atMs} isBusy={isBusy} stop={() => act("stop")} />}
      {phase === "ended" && charge !== null && (
        <>
          <Cable payment={record.payment} />
          <Receipt charge={charge} />
          {charge.payment.state === "captured" && <button type="button" className="wide" onClick={() => { leave(); location.hash = point ? `#/places/${point.place_id}` : "#/"; }}>{t("finish")}</button>}
        </>
      )}
      {point?.help_phone != null && <p className="after"><a className="act" href={`tel:${point.help_phone.replace(/[^+\d]/g, "")}`}>{t("help", { phone: point.help_phone })}</a></p>}
      {point != null && <p className="after"><a className="act" href={`#/report/${point.place_id}/${point.code}`}>{word("report")}</a></p>}
    </>
  );
}

/** This phone's clock, each second (ms since 1970). */
function useNow(): number {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => { setNowMs(Date.now()); }, 1000);
    return () => { clearInterval(timer); };
  }, []);
  return nowMs;
}

function Starting({ charge, isUnknown, sinceMs, isBusy, confirmed, cancel }: { charge: Charge | null; isUnknown: boolean; sinceMs: number; isBusy: boolean; confirmed: () => void; cancel: () => void }) {
  const { format } = use(Speech);
  const t = useTexts(TEXTS);
  if (charge === null) return <p role="status">{t(isUnknown ? "now_payment" : "loading")}</p>;
  const { payment } = charge;
  if (payment.action_url !== null && payment.state === "holding") {
    return (
      <div className="callout" role="status">
        <strong>{t("now_confirm")}</strong>
        <a className="main" href={payment.action_url}>{t("confirm")}</a>
        <p className="pair"><button type="button" disabled={isBusy} onClick={confirmed}>{t("confirmed")}</button><button type="button" disabled={isBusy} onClick={cancel}>{t("cancel")}</button></p>
      </div>
    );
  }
  let said: ReactNode = t("now_payment");
  if (payment.is_pending && payment.state !== "held") said = t("now_unknown");
  else if (payment.start === "unknown") said = t("now_silent");
  else if (payment.start === "due" || payment.start === "ordered") said = payment.state === "held" || payment.state === "captured" ? t("now_accepted") : t("now_payment");
  else if (payment.start === "accepted" && charge.point?.is_plugged_in === true) said = t("now_charging");
  else if (payment.start === "accepted") said = charge.plug_until === null ? t("now_plugged") : t("now_plugged_until", { time: format.duration(secondsUntil(charge.plug_until, charge.at, sinceMs)) });
  else if (payment.start === "running") said = t("now_charging");
  return <p className="callout" role="status"><strong>{said}</strong>{payment.held.minor > 0 && <span className="dim">{t("holdKept", { amount: format.money(payment.held) })}</span>}</p>;
}

function Failed({ charge, sinceMs, isBusy, retry, letGo, toOffer }: { charge: Charge; sinceMs: number; isBusy: boolean; retry: () => void; letGo: () => void; toOffer: () => void }) {
  const { format } = use(Speech);
  const t = useTexts(TEXTS);
  const { payment } = charge;
  const left = charge.retry_until === null ? 0 : secondsUntil(charge.retry_until, charge.at, sinceMs);
  const isHeld = payment.state === "held" && left > 0;
  const isLettingGo = !isHeld && payment.state !== "released" && payment.state !== "failed";
  return (
    <div className="callout alarm" role="alert">
      <strong>{t(causeOf(charge))}</strong>
      {payment.state !== "failed" && <p>{isHeld ? t("heldFor", { amount: format.money(payment.held), seconds: left }) : t(isLettingGo ? "releasing" : "released")}</p>}
      {payment.state !== "failed" && <button type="button" className="main" disabled={isBusy || isLettingGo} onClick={retry}>{t(isHeld ? "retryFree" : "retryNew")}</button>}
      {isHeld && <button type="button" disabled={isBusy} onClick={letGo}>{t("letGo")}</button>}
      {!isHeld && !isLettingGo && <button type="button" className={payment.state === "failed" ? "main" : ""} onClick={toOffer}>{t("otherWay")}</button>}
    </div>
  );
}

function Cable({ payment }: { payment: { id: string; key: string | null } | null }) {
  const t = useTexts(TEXTS);
  const [state, setState] = useState<"idle" | "busy" | "free" | "stuck">("idle");
  if (payment === null) return null;
  return (
    <section className="panel">
      <p>{t("unplug")}</p>
      <button type="button" disabled={state === "busy"} onClick={() => {
        setState("busy");
        unlock(payment).then((isFree) => { setState(isFree ? "free" : "stuck"); }, () => { setState("stuck"); });
      }}>{t("unlock")}</button>
      <p role="status">{state === "free" ? t("unlocked") : state === "stuck" ? t("notUnlocked") : ""}</p>
    </section>
  );
}
