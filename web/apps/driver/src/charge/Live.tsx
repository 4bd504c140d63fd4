import type { Charge } from "@voltway/api";
import { use, useState } from "react";
import { Speech } from "../speech.ts";
import { useTexts } from "../texts.ts";
import { secondsUntil } from "./steps.ts";
import { TEXTS } from "./texts.ts";

/** What flows now, what it costs so far, and how to end it. */
export function Live({ charge, nowMs, atMs, isBusy, stop }: { charge: Charge; nowMs: number; atMs: number; isBusy: boolean; stop: () => Promise<void> }) {
  const { format } = use(Speech);
  const t = useTexts(TEXTS);
  const [asking, setAsking] = useState<"no" | "sure" | "stopping">("no");
  const { session, idle, payment } = charge;
  if (session === null) return null;
  const sinceMs = nowMs - atMs;
  const serverMs = Date.parse(charge.at) + sinceMs;
  const pause = session.charging_state === "SuspendedEV" ? "paused" : session.charging_state === "SuspendedEVSE" ? "pausedStation" : null;
  return (
    <section className="panel live" aria-label={t("step_charging")}>
      <Dial percent={session.soc_percent} label={t("soc")} energy={format.number(session.energy_wh / 1000, 2)} said={t("kwh")} />
      <dl className="figures">
        <div><dt>{t("cost")}</dt><dd>{session.cost === null ? format.unknown : format.money(session.cost.total)}</dd></div>
        <div><dt>{t("power")}</dt><dd>{format.power(session.power_w)}</dd></div>
        <div><dt>{t("time")}</dt><dd>{format.duration((serverMs - Date.parse(session.started_at)) / 1000)}</dd></div>
      </dl>
      {pause !== null && session.charging_ended_at === null && <p className="note">{t(pause)}</p>}
      {idle !== null && <IdleNote charge={charge} sinceMs={sinceMs} />}
      <p className="dim">{t("told", { age: format.age(session.told_at, serverMs) })} · {t("upTo", { amount: format.money(payment.limit) })}</p>
      {asking !== "sure" && <button type="button" className="main stop" disabled={isBusy || asking === "stopping"} onClick={() => { setAsking("sure"); }}>{t(asking === "stopping" ? "stopping" : "stop")}</button>}
      {asking === "sure" && (
        <div className="pair" role="group" aria-label={t("stopSure")}>
          <button type="button" className="main stop" onClick={() => { setAsking("stopping"); void stop().then(() => { setAsking("no"); }); }}>{t("stopYes")}</button>
          <button type="button" onClick={() => { setAsking("no"); }}>{t("stopNo")}</button>
        </div>
      )}
      <p className="dim">{t("keep")}</p>
    </section>
  );
}

function IdleNote({ charge, sinceMs }: { charge: Charge; sinceMs: number }) {
  const { format } = use(Speech);
  const t = useTexts(TEXTS);
  const { idle } = charge;
  if (idle === null) return null;
  const price = format.rate(idle.price_per_minute, idle.currency);
  if (idle.begins_at === null) return <p className="dim">{t("idleSoon", { price })}</p>;
  const left = secondsUntil(idle.begins_at, charge.at, sinceMs);
  return <p className="note" role="status">{left > 0 ? t("idleIn", { price, time: format.duration(left) }) : t("idleNow", { price, time: format.time(idle.begins_at) })}</p>;
}

const RADIUS = 84;
const AROUND = 2 * Math.PI * RADIUS;

/** The energy, in a ring that is as full as the battery where the car tells. */
function Dial({ percent, label, energy, said }: { percent: number | null; label: string; energy: string; said: string }) {
  return (
    <div className="dial">
      <svg viewBox="0 0 200 200" aria-hidden="true">
        <circle cx="100" cy="100" r={RADIUS} className="track" />
        <circle cx="100" cy="100" r={RADIUS} className={percent === null ? "flow" : "fill"} strokeDasharray={percent === null ? `${AROUND / 6} ${AROUND / 12}` : `${(AROUND * percent) / 100} ${AROUND}`} />
      </svg>
      <p><strong>{energy}</strong><span>kWh {said}</span>{percent !== null && <span className="soc">{label} {Math.round(percent)} %</span>}</p>
    </div>
  );
}
