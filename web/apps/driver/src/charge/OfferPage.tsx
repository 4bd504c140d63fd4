import { ProblemError, type ChargeOffer } from "@voltway/api";
import { lazy, Suspense, use, useEffect, useState } from "react";
import { cardName, expiry } from "../cardNames.ts";
import { lasting, type Answer } from "../places.ts";
import { Speech } from "../speech.ts";
import { useTexts } from "../texts.ts";
import { getOffer } from "./calls.ts";
import { CodeForm } from "./CodeForm.tsx";
import { Estimate } from "./Estimate.tsx";
import { pending, prepare } from "./pending.ts";
import { PointCard } from "./PointCard.tsx";
import { TEXTS, type Word } from "./texts.ts";
import { useOwn } from "./useOwn.ts";

const StripeCard = lazy(() => import("./StripeCard.tsx"));
const METHODS = ["card", "wallet", "invoice", "voucher", "alipay", "wechat_pay"] as const;
const KEPT = "kept:";
const LIMITS = [20, 40, 60, 100, 150, 200, 300];

/** What a code leads to, what it costs, and how it is paid. No money moves before the button. */
export function OfferPage({ code, password }: { code: string; password: string | null }) {
  const { language } = use(Speech);
  const t = useTexts(TEXTS);
  const [answer, setAnswer] = useState<Answer<ChargeOffer> | "unknown" | "unpriced" | "failed" | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isWanted = true;
    lasting(`code.${language}.${code}`, () => getOffer(code, password, language)).then(
      (found) => { if (isWanted) setAnswer(found); },
      (error: unknown) => {
        const status = error instanceof ProblemError ? error.status : 0;
        if (isWanted) setAnswer(status === 404 || status === 422 ? "unknown" : status === 409 ? "unpriced" : "failed");
      },
    );
    return () => { isWanted = false; };
  }, [code, password, language, round]);
  if (answer === null) return <p role="status" className="wait">{t("loading")}</p>;
  if (answer === "unknown") {
    return <section className="panel alarm"><h1>{t("unknownTitle")}</h1><p className="mono">{code}</p><p>{t("unknownText")}</p><CodeForm /></section>;
  }
  if (answer === "unpriced") return <h1>{t("noTariff")}</h1>;
  if (answer === "failed") {
    return <section className="panel" role="status"><p>{t("noAnswer")}</p><button type="button" className="main" onClick={() => { setRound(round + 1); }}>{t("again")}</button></section>;
  }
  return <Offer offer={answer.value} oldMs={answer.isOld ? answer.atMs : null} />;
}

function Offer({ offer, oldMs }: { offer: ChargeOffer; oldMs: number | null }) {
  const { format } = use(Speech);
  const t = useTexts(TEXTS);
  const own = useOwn(offer.currency);
  const methods = METHODS.filter((one) => offer.methods.includes(one) || (own !== null && (one === "wallet" || one === "invoice")));
  const [chosen, setMethod] = useState<string | null>(null);
  // A card that is kept can be used wherever cards are taken, and is offered first.
  const kept = offer.methods.includes("card") ? (own?.cards ?? []) : [];
  const picked = chosen ?? (kept[0] === undefined ? null : `${KEPT}${kept[0].id}`) ?? methods[0] ?? "card";
  const cardId = picked.startsWith(KEPT) ? picked.slice(KEPT.length) : null;
  const method = cardId === null ? picked : KEPT;
  const [card, setCard] = useState(offer.card?.test_cards[0] ?? "");
  const [voucher, setVoucher] = useState("");
  const [limitMinor, setLimitMinor] = useState(offer.limit.minor);
  const [stripe, setStripe] = useState<(() => Promise<string>) | null>(null);
  const [isSending, setSending] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const unit = 10 ** (new Intl.NumberFormat("en", { style: "currency", currency: offer.currency }).resolvedOptions().maximumFractionDigits ?? 2);
  const limits = [...new Set([...LIMITS.map((each) => each * unit), offer.limit.minor])].filter((each) => each <= offer.limit_max.minor).sort((one, other) => one - other);
  const limit = { minor: limitMinor, currency: offer.currency };
  const hold = { minor: Math.min(offer.hold.minor, limitMinor), currency: offer.currency };

  const pay = async () => {
    setSending(true);
    setRefusal(null);
    try {
      const source = cardId !== null ? null : method === "voucher" ? voucher.trim() : method === "wallet" || method === "invoice" ? null : stripe !== null && method === "card" ? await stripe() : card;
      prepare({ code: offer.point.code, method: cardId === null ? method : "card", source, cardId, limitMinor, currency: offer.currency, isOwn: own !== null });
      location.hash = "#/charge";
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : t("noAnswer"));
      setSending(false);
    }
  };
  const isStale = offer.is_code_fresh === false;
  const isReady = method === "voucher" ? voucher.trim() !== "" : method !== "card" || offer.card?.provider !== "stripe" || stripe !== null;
  return (
    <div className="offer">
      {oldMs !== null && <p role="status" className="note">{t("old", { age: format.dateTime(new Date(oldMs).toISOString()) })}</p>}
      {pending() !== null && <p className="note">{t("oneStart")} <a className="act" href="#/charge">{t("toCharge")}</a></p>}
      <PointCard point={offer.point} />
      {isStale && <section className="panel alarm" role="alert"><h2>{t("staleTitle")}</h2><p>{t("staleText")}</p></section>}
      <section className="panel" aria-labelledby="price">
        <h2 id="price">{t("price")}</h2>
        <ul className="prices">{offer.price.map((line) => <li key={line}>{line}</li>)}</ul>
        <p className="dim">{t("priceNote")}</p>
        <Estimate code={offer.point.code} powerW={offer.point.power_w_max} />
      </section>
      <form className="panel" onSubmit={(event) => { event.preventDefault(); void pay(); }}>
        <fieldset>
          <legend>{t("payWith")}</legend>
          <div className="choices">
            {kept.map((one) => (
              <label key={one.id} className="choice whole">
                <input type="radio" name="method" checked={cardId === one.id} onChange={() => { setMethod(`${KEPT}${one.id}`); }} />
                <span>{cardName(one)}<small>{t("keptUntil", { date: expiry(one) })}</small></span>
              </label>
            ))}
            {methods.map((one) => (
              <label key={one} className="choice">
                <input type="radio" name="method" value={one} checked={method === one} onChange={() => { setMethod(one); }} />
                <span>{t(one === "card" && kept.length > 0 ? "otherCard" : one)}{one === "wallet" && own?.wallet !== undefined && <small>{t("walletHas", { amount: format.money(own.wallet) })}</small>}</span>
              </label>
            ))}
          </div>
        </fieldset>
        {offer.card?.provider === "sandbox" && (method === "card" || method === "alipay" || method === "wechat_pay") && (
          <label className="field">{t("testCard")}
            <select value={card} onChange={(event) => { setCard(event.target.value); }}>
              {offer.card.test_cards.map((one) => <option key={one} value={one}>{`${one} · ${t(one as Word)}`}</option>)}
            </select>
            <small>{t("sandboxNote")}</small>
          </label>
        )}
        {offer.card?.provider === "stripe" && offer.card.publishable_key !== null && method === "card" && (
          <Suspense fallback={<p role="status">{t("stripeLoading")}</p>}>
            <StripeCard publishableKey={offer.card.publishable_key} onReady={(make) => { setStripe(() => make); }} />
          </Suspense>
        )}
        {method === "voucher" && (
          <label className="field">{t("voucherCode")}<input type="text" required autoCapitalize="characters" autoComplete="off" maxLength={64} value={voucher} onChange={(event) => { setVoucher(event.target.value); }} /></label>
        )}
        <label className="field row">{t("limit")}
          <select value={limitMinor} onChange={(event) => { setLimitMinor(Number(event.target.value)); }}>
            {limits.map((minor) => <option key={minor} value={minor}>{format.money({ minor, currency: offer.currency })}</option>)}
          </select>
        </label>
        <div className="promise">
          <h2>{t("holdTitle")}</h2>
          <p>{t(HOLDS[method] ?? "holdCard", { hold: format.money(hold), limit: format.money(limit) })}</p>
        </div>
        {refusal !== null && <p role="alert" className="note">{refusal}</p>}
        <button type="submit" className="main" disabled={isSending || isStale || !isReady || oldMs !== null}>{t(isSending ? "starting" : "start")}</button>
        {own === null && <p className="after"><a className="act" href={`#/me/c/${offer.point.code}`}>{t("logInFor")}</a></p>}
      </form>
    </div>
  );
}

const HOLDS: Readonly<Record<string, Word>> = {
  card: "holdCard", wallet: "holdWallet", invoice: "holdInvoice", voucher: "holdVoucher", alipay: "holdAtOnce", wechat_pay: "holdAtOnce",
};
