import { client, ProblemError, take } from "@voltway/api";
import { use, useCallback, useEffect, useRef, useState } from "react";
import { lasting, type Answer } from "../places.ts";
import { Speech } from "../speech.ts";
import { useTexts } from "../texts.ts";
import { Cards } from "./Cards.tsx";
import { Cars } from "./Cars.tsx";
import { Messages } from "./Messages.tsx";
import { PaymentCards } from "./PaymentCards.tsx";
import { Passkeys } from "./Passkeys.tsx";
import { Prove } from "./Prove.tsx";
import { switchOff } from "./push.ts";
import { logOut, type Me } from "./session.ts";
import { TEXTS, type Word } from "./texts.ts";
import { Wallets } from "./Wallets.tsx";

/** All that is a driver's own. */
export function Overview({ person, onOut }: { person: Me; onOut: () => void }) {
  const t = useTexts(TEXTS);
  const [round, setRound] = useState(0);
  const paid = useCallback(() => { setRound((before) => before + 1); }, []);
  const [cards, lookAtCards] = useKept("pay-cards", () => take(client.GET("/api/v1/me/cards")));
  const isDriver = person.permissions.includes("payments:own");
  return (
    <>
      <h1>{t("hello", { name: person.name })}</h1>
      {!isDriver && <p className="note">{t("notDriver")}</p>}
      {isDriver && <><p className="pair"><a className="act boxed" href="#/bookings">{t("bookings")}</a></p><Wallets onPaid={paid} cards={cards?.value ?? null} /><PaymentCards answer={cards} look={lookAtCards} /><History key={round} /><Documents /><Cards /><Cars /><Messages /><Passkeys /><Data onOut={onOut} /></>}
      <p><button type="button" onClick={() => { void switchOff().catch(() => undefined).then(logOut).then(onOut); }}>{t("logOut")}</button></p>
      <Prove />
    </>
  );
}

/** Asks, and keeps the answer for when there is no network. */
export function useKept<T>(key: string, ask: () => Promise<T>): [Answer<T> | null, () => void] {
  const [answer, setAnswer] = useState<Answer<T> | null>(null);
  const asking = useRef(ask);
  const look = useCallback(() => { lasting(`me.${key}`, asking.current).then(setAnswer, () => undefined); }, [key]);
  useEffect(look, [look]);
  return [answer, look];
}

function History() {
  const { format } = use(Speech);
  const t = useTexts(TEXTS);
  const [answer] = useKept("payments", () => take(client.GET("/api/v1/me/payments", { params: { query: { limit: 20 } } })));
  return (
    <section className="panel" aria-labelledby="history">
      <h2 id="history">{t("history")}</h2>
      {answer !== null && answer.value.items.length === 0 && <p className="dim">{t("none")}</p>}
      <ul className="rows">
        {answer?.value.items.map((one) => (
          <li key={one.payment_id}>
            <span>{format.dateTime(one.created_at)}<small>{t(one.start === "none" ? "kind_top_up" : "kind_charge")} · {t(`state_${one.state}`)}</small></span>
            <strong>{format.money({ ...one.captured, minor: one.captured.minor - one.refunded.minor })}</strong>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Documents() {
  const { format } = use(Speech);
  const t = useTexts(TEXTS);
  const [answer] = useKept("documents", () => take(client.GET("/api/v1/me/documents", { params: { query: { limit: 20 } } })));
  return (
    <section className="panel" aria-labelledby="documents">
      <h2 id="documents">{t("documents")}</h2>
      {answer !== null && answer.value.items.length === 0 && <p className="dim">{t("none")}</p>}
      <ul className="rows">
        {answer?.value.items.map((one) => (
          <li key={one.id}><a href={one.link}>{t(`doc_${one.kind}` as Word)} {one.number}<small>{format.date(one.issued_at)}</small></a><strong>{format.money(one.incl_vat)}</strong></li>
        ))}
      </ul>
      <p className="dim">{t("business")}</p>
    </section>
  );
}

/** The copy of one's data, and the end. */
function Data({ onOut }: { onOut: () => void }) {
  const t = useTexts(TEXTS);
  const [isSure, setSure] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const failed = (error: unknown) => { setSaid(error instanceof ProblemError ? error.message : t("noAnswer")); };
  const download = async () => {
    const data = await take(client.GET("/api/v1/me/personal-data"));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(data, null, 2)], { type: "application/json" }));
    link.download = "voltway-my-data.json";
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <section className="panel" aria-labelledby="data">
      <h2 id="data">{t("data")}</h2>
      <p><button type="button" onClick={() => { download().catch(failed); }}>{t("export")}</button></p>
      {!isSure && <p><button type="button" onClick={() => { setSure(true); }}>{t("erase")}</button></p>}
      {isSure && (
        <div className="callout alarm">
          <p>{t("eraseSure")}</p>
          <p className="pair"><button type="button" onClick={() => { client.POST("/api/v1/me/erasure").then(() => { onOut(); location.hash = "#/"; }, failed); }}>{t("eraseYes")}</button><button type="button" onClick={() => { setSure(false); }}>{t("cancel")}</button></p>
        </div>
      )}
      <p role="alert" className={said === null ? "" : "note"}>{said}</p>
      <p className="dim">{t("consoleHint")} <a href="/account">{t("settings")}</a></p>
    </section>
  );
}
