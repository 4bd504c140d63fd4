import { useSyncExternalStore } from "react";
import type { Wanted } from "./places.ts";

/** What somebody looks for: the same on the list and on the map. It stands in the address, so that it can be shared; where somebody is does not. */
export const NOTHING: Wanted = { text: "", near: null, connector: "", powerW: 0, isFree: false, isOpen: false, priceMax: "", currency: "", access: "" };
const SEARCHES = /^#\/(map)?(\?(.*))?$/;

/** The filters as they stand in the address; what nobody has chosen is left out. */
export function queryOf({ text, connector, powerW, isFree, isOpen, priceMax, currency, access }: Wanted): string {
  const said = { q: text, connector, power: powerW > 0 ? String(powerW) : "", free: isFree ? "1" : "", open: isOpen ? "1" : "", price: priceMax === "" ? "" : `${priceMax} ${currency}`, access };
  const query = new URLSearchParams(Object.entries(said).filter(([, value]) => value !== "")).toString();
  return query === "" ? "" : `?${query}`;
}

/** The filters of an address; what is none is ignored. */
export function wantedOf(hash: string): Wanted | null {
  const found = SEARCHES.exec(hash === "" ? "#/" : hash);
  if (found === null) return null;
  const query = new URLSearchParams(found[3] ?? "");
  const price = /^(\d{1,6}(?:\.\d{1,4})?) ([A-Z]{3})$/.exec(query.get("price") ?? "");
  const access = query.get("access");
  const powerW = Number(query.get("power") ?? 0);
  return {
    ...NOTHING, text: (query.get("q") ?? "").slice(0, 100), connector: query.get("connector") ?? "", powerW: powerW >= 0 && powerW <= 10_000_000 ? powerW : 0,
    isFree: query.get("free") === "1", isOpen: query.get("open") === "1", priceMax: price?.[1] ?? "", currency: price?.[2] ?? "",
    access: access === "public" || access === "restricted" ? access : "",
  };
}

let wanted = wantedOf(location.hash) ?? NOTHING;
const listeners = new Set<() => void>();

function set(next: Wanted): void {
  wanted = next;
  listeners.forEach((listener) => { listener(); });
}

export function changeWanted(part: Partial<Wanted>): void {
  set({ ...wanted, ...part });
  const found = SEARCHES.exec(location.hash === "" ? "#/" : location.hash);
  if (found === null) return;
  const hash = `#/${found[1] ?? ""}${queryOf(wanted)}`;
  history.replaceState(history.state, "", hash);
  rememberHome(hash);
}

// Somebody goes back, or opens a link: the address says what is wanted.
addEventListener("hashchange", () => {
  const next = wantedOf(location.hash);
  if (next !== null) set({ ...next, near: wanted.near });
});

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
}

export function useWanted(): [Wanted, (part: Partial<Wanted>) => void] {
  return [useSyncExternalStore(subscribe, () => wanted), changeWanted];
}

/** Asks the browser where we are. About a hundred metres: enough to sort by, and no more is told than needed. */
export function locate(onFound: (near: NonNullable<Wanted["near"]>) => void, onDenied: () => void): void {
  if (!("geolocation" in navigator)) { onDenied(); return; }
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => { onFound({ latitude: Number(coords.latitude.toFixed(3)), longitude: Number(coords.longitude.toFixed(3)) }); },
    onDenied,
    { timeout: 10_000, maximumAge: 60_000 },
  );
}

const HOME = "voltway.home";

/** Where "all places" leads: to the list or the map, whichever was open last. */
export function homeHash(): string {
  return sessionStorage.getItem(HOME) ?? "#/";
}

export function rememberHome(hash: string): void {
  sessionStorage.setItem(HOME, hash);
}
