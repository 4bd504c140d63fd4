import { useSyncExternalStore } from "react";
import type { Wanted } from "./places.ts";

/** What somebody looks for: the same on the list and on the map, for as long as the app is open. */
export const NOTHING: Wanted = { text: "", near: null, connector: "", powerW: 0, isFree: false, isOpen: false };
let wanted = NOTHING;
const listeners = new Set<() => void>();

export function changeWanted(part: Partial<Wanted>): void {
  wanted = { ...wanted, ...part };
  listeners.forEach((listener) => { listener(); });
}

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
