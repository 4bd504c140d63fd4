import { client, ProblemError, take, type OwnCards, type VisitPayment } from "@voltway/api";
import { use, useEffect, useState } from "react";
import { cardDigits } from "../cardNames.ts";
import { Speech } from "../speech.ts";
import { useTexts } from "../texts.ts";
import { useKept } from "./Overview.tsx";
import { TEXTS, type Word } from "./texts.ts";

const AMOUNTS_MAJOR = [10, 25, 50, 100];
const LOOK_MS = 2000;
const KEPT = "kept:";
const SETTLED = new Set(["captured", "failed", "released"]);
const SAID: Readonly<Record<string, Word>> = { captured: "topUpSent", failed: "topUpFailed", released: "topUpFailed" };

/** Prepaid money: what there is, and how more gets there. */
export function Wallets({ onPaid, cards: own }: { onPaid: () => void; cards: OwnCards | null }) {
  const { format } = use(Speech);
  const t = useTexts(TEXTS);
  const [answer, look] = useKept("wallets", () => take(client.GET("/api/v1/me/wallets")));
  const [terms] = useKept("top-up", () => take(client.GET("/api/v1/me/wallets/top-ups")));
  const [major, setMajor] = useState(AMOUNTS_MAJOR[1] ?? 25);
  const [source, setSource] = useState("");
  const [payment, setPayment] = useState<VisitPayment | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const waiting = payment !== null && !SETTLED.has(payment.state) ? payment.payment_id : null;
  useEffect(() => {
    if (waiting === null) return undefined;
    const timer = setInterval(() => {
      take(client.POST("/api/v1/me/payments/{payment_id}/confirmation", { params: { path: { payment_id: waiting } } })).then((found) => {
        setPayment(found);
        if (SETTLED.has(found.state)) { look(); onPaid(); }
      }, () => undefined);
    }, LOOK_MS);
    return () => { clearInterval(timer); };
  }, [waiting, look, onPaid]);
  const wallets = answer?.value.items ?? [];
  const currency = wallets[0]?.balance.currency ?? terms?.value.currency ?? "EUR";
  const kept = own?.items.filter((card) => card.state === "kept").map((card) => ({ value: `${KEPT}${card.id}`, name: cardDigits(card) })) ?? [];
  const cards = [...kept, ...(terms?.value.card?.test_cards ?? []).map((each) => ({ value: each, name: each }))];
  const chosen = cards.find((each) => each.value === source)?.value ?? cards[0]?.value ?? "";
  const digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  const topUp = async () => {
    setSaid(null);
    const body = { amount: { minor: major * 10 ** digits, currency }, method: "card" as const, ...(chosen.startsWith(KEPT) ? { card_id: chosen.slice(KEPT.length) } : { source: chosen }), return_url: `${location.origin}/app/#/me` };
    const found = await take(client.POST("/api/v1/me/wallets/top-ups", { body }));
    setPayment(found);
    look();
    onPaid();
  };
  return (
    <section className="panel" aria-labelledby="wallet">
      <h2 id="wallet">{t("wallet")}</h2>
      {(wallets.length > 0 ? wallets : [{ id: "none", balance: { minor: 0, currency }, held: { minor: 0, currency } }]).map((wallet) => (
        <div key={wallet.id}>
          <p className="sum" data-testid="balance">{format.money(wallet.balance)}</p>
          {wallet.held.minor > 0 && <p className="dim">{t("heldPart", { amount: format.money(wallet.held) })}</p>}
        </div>
      ))}
      {cards.length === 0 ? terms !== null && <p className="dim">{t(own?.form == null ? "noCards" : "noKept")}</p> : (
        <form onSubmit={(event) => { event.preventDefault(); topUp().catch((error: unknown) => { setSaid(error instanceof ProblemError ? error.message : t("noAnswer")); }); }}>
          <div className="two">
            <label className="field">{t("amount")}<select value={major} onChange={(event) => { setMajor(Number(event.target.value)); }}>{AMOUNTS_MAJOR.map((each) => <option key={each} value={each}>{format.money({ minor: each * 10 ** digits, currency })}</option>)}</select></label>
            <label className="field">{t("card")}<select value={chosen} onChange={(event) => { setSource(event.target.value); }}>{cards.map((each) => <option key={each.value} value={each.value}>{each.name}</option>)}</select></label>
          </div>
          {cards.length > kept.length && <p className="dim">{t("sandbox")}</p>}
          <button type="submit" className="main" disabled={waiting !== null}>{t("topUp")}</button>
        </form>
      )}
      {payment?.action_url != null && waiting !== null && <p className="callout" role="status">{t("topUpWaiting")} <a className="main" href={payment.action_url}>{t("confirm")}</a></p>}
      <p role="status">{payment !== null && waiting === null ? t(SAID[payment.state] ?? "topUpFailed") : said}</p>
    </section>
  );
}
