import { createFormat } from "@voltway/format";
import { ProblemError, type BookingOffer, type QueuePlace } from "@voltway/api";
import { use, useCallback, useEffect, useEffectEvent, useState } from "react";
import { CONNECTORS } from "../places.ts";
import { Speech } from "../speech.ts";
import { useTexts } from "../texts.ts";
import { getRules, join, lastPlace, leave, snooze } from "./calls.ts";
import { Choose, Rules } from "./Rules.tsx";
import { TEXTS } from "./texts.ts";
import { secondsTo } from "./times.ts";

const LOOK_MS = 4000;
const AWAY_MS = 15_000;
const BUZZ_MS = [300, 150, 300];
export const OPEN = ["waiting", "called", "snoozed"];

/** A place's queue: joining it, how many are ahead, and being called with the time that is left. */
export function QueuePage({ locationId }: { locationId: string }) {
  const { language } = use(Speech);
  const t = useTexts(TEXTS);
  const [rules, setRules] = useState<BookingOffer | null>(null);
  const [mine, setMine] = useState<QueuePlace | null>(null);
  const [atMs, setAtMs] = useState(0);
  const [isLost, setLost] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const [connector, setConnector] = useState("");
  const look = useCallback(async () => {
    try {
      const [found, place] = await Promise.all([getRules(locationId), lastPlace()]);
      setRules(found);
      setMine(place);
      setAtMs(Date.now());
      setLost(false);
    } catch {
      setLost(true);
    }
  }, [locationId]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isWanted = true;
    const turn = async () => {
      await look();
      if (isWanted) timer = setTimeout(() => void turn(), document.hidden ? AWAY_MS : LOOK_MS);
    };
    void turn();
    return () => { isWanted = false; clearTimeout(timer); };
  }, [look]);
  const isCalled = mine?.state === "called";
  const entitle = useEffectEvent(() => { document.title = t("called"); });
  useEffect(() => {
    if (!isCalled) return;
    const before = document.title;
    entitle();
    if ("vibrate" in navigator) navigator.vibrate(BUZZ_MS);
    return () => { document.title = before; };
  }, [isCalled]);

  const doing = (what: () => Promise<unknown>) => {
    setBusy(true);
    setSaid(null);
    void what().catch((error: unknown) => {
      setSaid(!(error instanceof ProblemError) || error.isUnreachable ? t("noAnswer") : error.code === "queue-full" ? t("full") : error.message);
    }).then(look).finally(() => { setBusy(false); });
  };
  const back = <a href={`#/places/${locationId}`} className="back">‹ {t("back")}</a>;
  if (rules === null) return <>{back}<p role="status" className={isLost ? "note" : ""}>{t(isLost ? "noAnswer" : "loading")}</p></>;
  const format = createFormat(language, rules.time_zone);
  const isOpen = mine !== null && OPEN.includes(mine.state);
  const isHere = mine?.location_id === locationId;
  const count = rules.queue_length ?? 0;
  return (
    <>
      {back}
      <h1>{t("queueTitle")}<small className="sub">{rules.location_name}</small></h1>
      {isLost && <p role="status" className="note">{t("asOf", { at: format.time(new Date(atMs).toISOString()) })}</p>}
      {isOpen && !isHere && <p className="note">{t("elsewhere", { name: mine.location_name })} <a className="act" href={`#/queue/${mine.location_id}`}>{t("show")}</a></p>}
      {isOpen && isHere && <Standing mine={mine} rules={rules} isBusy={isBusy} doing={doing} />}
      {!isOpen && isHere && <p role="status" className="note">{mine.reason !== null && mine.state === "left" ? t("removed", { reason: mine.reason }) : t(mine.state)}</p>}
      {!isOpen && !rules.has_queue && <p>{t("noQueue")}</p>}
      {!isOpen && rules.has_queue && (
        <>
          <Rules rules={rules} isQueue />
          <form className="panel" onSubmit={(event) => { event.preventDefault(); doing(() => join(locationId, connector)); }}>
            <h2>{count === 0 ? t("nobody") : t("waiting", { count })}</h2>
            <Choose label={t("connector")} value={connector} onChange={setConnector} options={[["", t("any")], ...rules.connector_types.map((each): [string, string] => [each, CONNECTORS[each] ?? each])]} />
            <button type="submit" className="main join" disabled={isBusy}>{t("join")}</button>
          </form>
        </>
      )}
      <p role="alert" className={said === null ? "" : "note"}>{said}</p>
    </>
  );
}

/** Where one stands, and what one can do about it. */
function Standing({ mine, rules, isBusy, doing }: { mine: QueuePlace; rules: BookingOffer; isBusy: boolean; doing: (what: () => Promise<unknown>) => void }) {
  const { language } = use(Speech);
  const t = useTexts(TEXTS);
  const format = createFormat(language, rules.time_zone);
  const [isSure, setSure] = useState(false);
  return (
    <section className="panel standing">
      <div role="status">
        {mine.state === "called" && <><h2>{t("called")}</h2><p>{t("calledText", { charger: t("charger", { name: mine.station_identity ?? "", number: mine.evse_number ?? 0 }) })}</p></>}
        {mine.state === "waiting" && <><h2>{t("joined")}</h2><p className="sum">{mine.ahead === 0 ? t("youAreNext") : t("aheadCount", { count: mine.ahead ?? 0 })}</p></>}
        {mine.state === "snoozed" && mine.until !== null && <><h2>{t("joined")}</h2><p>{t("snoozed", { at: format.time(mine.until) })}</p></>}
      </div>
      {mine.state === "called" && mine.until !== null && <Countdown until={mine.until} />}
      {mine.state === "called" && <><p><a className="main" href={`#/places/${mine.location_id}`}>{t("charge")}</a></p><p className="dim">{t("orCard")}</p></>}
      {isSure ? (
        <div className="callout alarm">
          <p>{t("leaveSure")}</p>
          <p className="pair"><button type="button" disabled={isBusy} onClick={() => { doing(() => leave(mine.id)); }}>{t("leaveYes")}</button><button type="button" onClick={() => { setSure(false); }}>{t("keep")}</button></p>
        </div>
      ) : (
        <p className="pair">
          {mine.state !== "snoozed" && mine.snoozes < rules.queue_snoozes_max && <button type="button" disabled={isBusy} onClick={() => { doing(() => snooze(mine.id)); }}>{t("snooze")}</button>}
          <button type="button" disabled={isBusy} onClick={() => { setSure(true); }}>{t("leave")}</button>
        </p>
      )}
    </section>
  );
}

function Countdown({ until }: { until: string }) {
  const { format } = use(Speech);
  const t = useTexts(TEXTS);
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => { setNowMs(Date.now()); }, 1000);
    return () => { clearInterval(timer); };
  }, []);
  const left = secondsTo(until, nowMs);
  return <p className="sum" role="timer">{left === 0 ? t("calledOver") : format.duration(left)}</p>;
}
