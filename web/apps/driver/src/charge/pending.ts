import { newKey } from "@voltway/api";

/** A payment that was begun on this phone. It is kept before it is sent: whatever breaks in between, the same key is sent again. */
export interface Pending {
  /** The idempotency key: with it at this EVSE it is the same payment, however often it is sent. */
  key: string;
  code: string;
  method: string;
  source: string | null;
  /** Instead of a source: one of the account's cards that are kept. */
  cardId?: string | null;
  limitMinor: number | null;
  currency: string;
  isOwn: boolean;
  /** It may have been sent before: then what became of it is asked for, and nothing is begun anew. */
  wasSent: boolean;
  /** What the server answered; null: not known yet whether it arrived. */
  payment: { id: string; key: string | null } | null;
}

export type Wish = Omit<Pending, "key" | "payment" | "wasSent">;

const STORED_AS = "voltway.charges";
const MOST = 5;
let inMemory: Pending[] = [];

/** All that was begun on this phone and not left, the one that is shown first: whoever pays for a second car keeps the first. */
export function allPending(): Pending[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORED_AS) ?? "null");
    return Array.isArray(stored) ? (stored as Pending[]) : inMemory;
  } catch {
    return inMemory;
  }
}

/** The one that is shown. */
export function pending(): Pending | null {
  return allPending()[0] ?? null;
}

function store(charges: Pending[]): void {
  inMemory = charges.slice(0, MOST);
  try {
    localStorage.setItem(STORED_AS, JSON.stringify(inMemory));
  } catch {
    // a browser that keeps nothing: the page must stay open, and the server knows the payment by its key
  }
}

/** Writes down what is known of one; where it stands among the others stays. */
export function remember(charge: Pending): Pending {
  const before = allPending();
  const isKnown = before.some((each) => each.key === charge.key);
  store(isKnown ? before.map((each) => (each.key === charge.key ? charge : each)) : [charge, ...before]);
  return charge;
}

/** What is about to be sent, under a key of its own. */
export function prepare(wish: Wish): Pending {
  return remember({ ...wish, key: newKey(), payment: null, wasSent: false });
}

/** Shows this one. */
export function choose(key: string): void {
  store(allPending().sort((one, other) => Number(other.key === key) - Number(one.key === key)));
}

export function forget(key: string): void {
  store(allPending().filter((each) => each.key !== key));
}
