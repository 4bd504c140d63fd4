import { client, take, type Charge, type ChargeCost, type ChargeOffer, type VisitPayment } from "@voltway/api";
import type { Language } from "../words.ts";
import type { Pending } from "./pending.ts";

export function getOffer(code: string, password: string | null, locale: Language): Promise<ChargeOffer> {
  return take(client.GET("/api/v1/charging-codes/{code}", { params: { path: { code }, query: { locale, ...(password === null ? {} : { password }) } } }));
}

export function getEstimate(code: string, energyWh: number, durationS: number): Promise<ChargeCost> {
  return take(client.GET("/api/v1/charging-codes/{code}/estimate", { params: { path: { code }, query: { energy_wh: energyWh, duration_s: durationS } } }));
}

/** Sends a payment. With the same key it is the same one: `isAgain` asks what became of it; without, a start that has failed is
 * tried again, with the same hold while that is there. */
export function begin(charge: Pending, isAgain: boolean): Promise<VisitPayment> {
  const body = {
    is_sent_again: isAgain,
    code: charge.code, method: charge.method as "card", source: charge.source, return_url: `${location.origin}/app/#/charge`,
    limit: charge.limitMinor === null ? null : { minor: charge.limitMinor, currency: charge.currency },
  };
  // An account's payment is found by its EVSE: the key is of this one call, so that it is answered alike when it is sent again.
  if (charge.isOwn) return take(client.POST("/api/v1/me/charging-starts", { body: { ...body, card_id: charge.cardId ?? null, is_sent_again: false }, ...(charge.payment === null && { headers: { "Idempotency-Key": charge.key } }) }));
  return take(client.POST("/api/v1/charging-starts", { body, params: { header: { "idempotency-key": charge.key } } }));
}

export function look(payment: NonNullable<Pending["payment"]>, locale: Language, signal?: AbortSignal): Promise<Charge> {
  const { id, key } = payment;
  const given = { query: { locale } };
  if (key === null) return take(client.GET("/api/v1/me/payments/{payment_id}/charge", { params: { path: { payment_id: id }, ...given }, signal: signal ?? null }));
  return take(client.GET("/api/v1/charging-starts/{payment_id}/{key}/charge", { params: { path: { payment_id: id, key }, ...given }, signal: signal ?? null }));
}

export type Act = "confirmation" | "cancellation" | "stop";

export async function act(payment: NonNullable<Pending["payment"]>, what: Act): Promise<void> {
  const { id, key } = payment;
  if (key === null) await client.POST(`/api/v1/me/payments/{payment_id}/${what}`, { params: { path: { payment_id: id } } });
  else await client.POST(`/api/v1/charging-starts/{payment_id}/{key}/${what}`, { params: { path: { payment_id: id, key } } });
}

/** Whether the charger says that the cable is free. */
export async function unlock(payment: NonNullable<Pending["payment"]>): Promise<boolean> {
  const { id, key } = payment;
  const answer = key === null
    ? await take(client.POST("/api/v1/me/payments/{payment_id}/unlocking", { params: { path: { payment_id: id } } }))
    : await take(client.POST("/api/v1/charging-starts/{payment_id}/{key}/unlocking", { params: { path: { payment_id: id, key } } }));
  return answer.is_let_go;
}
