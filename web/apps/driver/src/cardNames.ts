import type { KeptCard } from "@voltway/api";

const BRANDS: Readonly<Record<string, string>> = {
  visa: "Visa", mastercard: "Mastercard", amex: "American Express", discover: "Discover", diners: "Diners Club", jcb: "JCB", unionpay: "UnionPay", cartes_bancaires: "Cartes Bancaires",
};

/** What a card is known by: "Visa •••• 4242". Of an unknown brand the provider's own word is shown. */
export function cardName(card: KeptCard): string {
  return `${brand(card)} ${digits(card)}`.trim();
}

/** The same where there is little room: what tells it from the others comes first. */
export function cardDigits(card: KeptCard): string {
  return `${digits(card)} ${brand(card)}`.trim();
}

function brand(card: KeptCard): string {
  return BRANDS[card.brand ?? ""] ?? card.brand ?? "";
}

function digits(card: KeptCard): string {
  return `••••\u00a0${card.last_four ?? ""}`;
}

/** As it stands on the card. */
export function expiry(card: KeptCard): string {
  return `${String(card.exp_month ?? 0).padStart(2, "0")}/${String((card.exp_year ?? 0) % 100).padStart(2, "0")}`;
}
