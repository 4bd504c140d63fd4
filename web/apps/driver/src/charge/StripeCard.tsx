import { use, useEffect, useEffectEvent, useRef, useState } from "react";
import { Speech } from "../speech.ts";
import { useTexts } from "../texts.ts";
import { TEXTS } from "./texts.ts";

/** As much of Stripe.js as is used. Its script must come from Stripe itself: card numbers are typed into its frame, never into ours. */
interface StripeElement { mount(where: HTMLElement): void; destroy(): void; on(event: "ready", then: () => void): void }
interface Stripe {
  elements(options: { locale: string }): { create(kind: "card"): StripeElement };
  createPaymentMethod(what: { type: "card"; card: StripeElement }): Promise<{ paymentMethod?: { id: string }; error?: { message?: string } }>;
}
declare global {
  interface Window { Stripe?: (key: string) => Stripe }
}
const SCRIPT = "https://js.stripe.com/v3/";

function load(): Promise<void> {
  if (window.Stripe !== undefined) return Promise.resolve();
  return new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = SCRIPT;
    script.onload = () => { done(); };
    script.onerror = () => { script.remove(); failed(new Error("not loaded")); };
    document.head.append(script);
  });
}

/** Stripe's field for a card; loaded only where Stripe takes the cards. */
export default function StripeCard({ publishableKey, onReady }: { publishableKey: string; onReady: (make: () => Promise<string>) => void }) {
  const { language } = use(Speech);
  const t = useTexts(TEXTS);
  const place = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<"loading" | "ready" | "failed">("loading");
  const ready = useEffectEvent(onReady);
  useEffect(() => {
    let element: StripeElement | null = null;
    let isWanted = true;
    load().then(() => {
      if (!isWanted || place.current === null || window.Stripe === undefined) return;
      const stripe = window.Stripe(publishableKey);
      const made = stripe.elements({ locale: language }).create("card");
      element = made;
      made.mount(place.current);
      made.on("ready", () => { setState("ready"); });
      ready(async () => {
        const { paymentMethod, error } = await stripe.createPaymentMethod({ type: "card", card: made });
        if (paymentMethod === undefined) throw new Error(error?.message ?? "");
        return paymentMethod.id;
      });
    }).catch(() => { if (isWanted) setState("failed"); });
    return () => { isWanted = false; element?.destroy(); };
  }, [publishableKey, language]);
  return (
    <>
      <div ref={place} className="stripe" />
      {state !== "ready" && <p role="status">{t(state === "failed" ? "stripeFailed" : "stripeLoading")}</p>}
    </>
  );
}
