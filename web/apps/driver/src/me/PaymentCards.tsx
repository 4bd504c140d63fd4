import { client, ProblemError, take, type KeptCard, type OwnCards } from "@voltway/api";
import { lazy, Suspense, useEffect, useState } from "react";
import { cardName, expiry } from "../cardNames.ts";
import type { Answer } from "../places.ts";
import { useTexts } from "../texts.ts";
import { TEXTS } from "./texts.ts";

const StripeCard = lazy(() => import("../charge/StripeCard.tsx"));
const LOOK_MS = 2000;

/** The cards that are kept to pay with: which is offered first, one more, one less. */
export function PaymentCards({ answer, look }: { answer: Answer<OwnCards> | null; look: () => void }) {
  const t = useTexts(TEXTS);
  const [source, setSource] = useState("");
  const [stripe, setStripe] = useState<(() => Promise<string>) | null>(null);
  const [field, setField] = useState(0);
  const [isSending, setSending] = useState(false);
  const [leaving, setLeaving] = useState<string | null>(null);
  const [asked, setAsked] = useState<string | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const items = answer?.value.items ?? [];
  const form = answer?.value.form ?? null;
  const waiting = items.find((card) => card.state === "adding") ?? null;
  const waitingId = waiting?.id ?? asked;
  useEffect(() => {
    if (waitingId === null) return undefined;
    const timer = setInterval(() => {
      take(client.POST("/api/v1/me/cards/{card_id}/confirmation", { params: { path: { card_id: waitingId } } })).then((card) => {
        if (card.state === "adding") return;
        setAsked(null);
        setSaid(t(card.state === "kept" ? "payCardKept" : "payCardDeclined"));
        look();
      }, () => undefined);
    }, LOOK_MS);
    return () => { clearInterval(timer); };
  }, [waitingId, look, t]);
  if (answer === null || (form === null && items.length === 0)) return null;
  const failed = (error: unknown) => { setSaid(error instanceof ProblemError && !error.isUnreachable ? error.message : error instanceof ProblemError || !(error instanceof Error) ? t("noAnswer") : error.message); };
  const add = async () => {
    setSaid(null);
    setSending(true);
    try {
      const card = await take(client.POST("/api/v1/me/cards", { body: { source: stripe === null ? source || (form?.test_cards[0] ?? "") : await stripe(), return_url: `${location.origin}/app/#/me` } }));
      if (card.state === "adding") setAsked(card.id);
      else setSaid(t(card.state === "kept" ? "payCardKept" : "payCardDeclined"));
      setField((before) => before + 1); // Stripe's field is emptied by being made anew
      setStripe(null);
      look();
    } finally {
      setSending(false);
    }
  };
  const choose = (card: KeptCard) => { setSaid(null); take(client.PUT("/api/v1/me/cards/{card_id}/default", { params: { path: { card_id: card.id } } })).then(look, failed); };
  const remove = (card: KeptCard) => {
    setSaid(null);
    client.DELETE("/api/v1/me/cards/{card_id}", { params: { path: { card_id: card.id } } }).then(() => { setLeaving(null); setAsked(null); setSaid(t("payCardGone")); look(); }, failed);
  };
  return (
    <section className="panel" aria-labelledby="pay-cards">
      <h2 id="pay-cards">{t("payCards")}</h2>
      <p className="dim">{t("payCardsText")}</p>
      {items.length > 0 && (
        <ul className="rows">
          {items.map((card) => {
            const name = card.state === "kept" ? cardName(card) : t("payCardNew");
            return (
              <li key={card.id} className="kept">
                <span>{name}<small>{card.state === "kept" ? t("expires", { date: expiry(card) }) : t("topUpWaiting")}</small></span>
                {card.is_default && <strong className="badge">{t("isDefault")}</strong>}
                {leaving === card.id ? (
                  <div>
                    <button type="button" onClick={() => { remove(card); }}>{t("removeYes")}</button>
                    <button type="button" onClick={() => { setLeaving(null); }}>{t("cancel")}</button>
                  </div>
                ) : (
                  <div>
                    {card.state === "kept" && !card.is_default && <button type="button" aria-label={t("makeDefaultNamed", { name })} onClick={() => { choose(card); }}>{t("makeDefault")}</button>}
                    <button type="button" aria-label={t("removeNamed", { name })} onClick={() => { setLeaving(card.id); }}>{t("remove")}</button>
                  </div>
                )}
              </li>
            );
          })}
        </ul>
      )}
      {waiting?.action_url != null && <p className="callout" role="status">{t("payCardWaiting")} <a className="main" href={waiting.action_url}>{t("confirm")}</a></p>}
      {form !== null && (
        <details>
          <summary>{t("addPayCard")}</summary>
          <form onSubmit={(event) => { event.preventDefault(); add().catch(failed); }}>
            {form.provider === "sandbox" ? (
              <label className="field">{t("testCard")}<select value={source || (form.test_cards[0] ?? "")} onChange={(event) => { setSource(event.target.value); }}>{form.test_cards.map((each) => <option key={each}>{each}</option>)}</select><small>{t("sandbox")}</small></label>
            ) : form.publishable_key !== null && (
              <Suspense fallback={<p role="status">{t("loading")}</p>}>
                <StripeCard key={field} publishableKey={form.publishable_key} onReady={(make) => { setStripe(() => make); }} />
              </Suspense>
            )}
            <p className="dim">{t("payCardAgree")}</p>
            <button type="submit" className="main" disabled={isSending || (form.provider !== "sandbox" && stripe === null)}>{t("keepCard")}</button>
          </form>
        </details>
      )}
      <p role="status">{said}</p>
    </section>
  );
}
