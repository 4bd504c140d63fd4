import { client, ProblemError, type PublicPlace } from "@voltway/api";
import { keep, recall, type Kept } from "./kept.ts";
import type { Language } from "./words.ts";

export interface Wanted {
  text: string;
  near: { latitude: number; longitude: number } | null;
  connector: string;
  powerW: number;
  isFree: boolean;
  isOpen: boolean;
}

export interface Found {
  items: PublicPlace[];
  next: string | null;
}

/** An answer; `isOld`: the server could not be reached, and this is what it said before. */
export interface Answer<T> extends Kept<T> {
  isOld: boolean;
}

export const CONNECTORS: Readonly<Record<string, string>> = {
  cCCS2: "CCS 2", cCCS1: "CCS 1", cType2: "Type 2", sType2: "Type 2", cType1: "Type 1", cG105: "CHAdeMO", cNACS: "NACS", cTesla: "Tesla", cGBT: "GB/T", cChaoJi: "ChaoJi",
};
const FAVOURITES = "voltway.favourites";

/** Asks, and keeps what was answered; where nobody answers, what was kept. */
export async function lasting<T>(key: string, ask: () => Promise<T>): Promise<Answer<T>> {
  try {
    const value = await ask();
    keep(key, value, Date.now());
    return { value, atMs: Date.now(), isOld: false };
  } catch (error) {
    const kept = error instanceof ProblemError && error.isUnreachable ? recall<T>(key) : null;
    if (kept === null) throw error;
    return { ...kept, isOld: true };
  }
}

/** What is wanted, as the server is asked. With a Type 2 wanted, sockets and cables are the same to a driver. */
export function asked({ text, connector, powerW, isFree, isOpen }: Wanted) {
  const label = CONNECTORS[connector];
  const types = Object.keys(CONNECTORS).filter((type) => CONNECTORS[type] === label && label !== undefined);
  return { text, power_w_min: powerW, is_free: isFree, is_open: isOpen, ...(types.length > 0 ? { connector_type: types } : {}) };
}

/** Places that fit, in a part of the map if one is given. */
export function findPlaces(wanted: Wanted, language: Language, cursor: string | null, bbox: string | null = null): Promise<Answer<Found>> {
  return lasting(`list.${language}.${cursor ?? ""}.${bbox ?? ""}.${JSON.stringify(wanted)}`, async () => {
    const { data } = await client.GET("/api/v1/public/locations", {
      params: { query: { ...asked(wanted), ...wanted.near, locale: language, cursor, bbox } },
    });
    data?.items.forEach((place) => { keep(`place.${language}.${place.id}`, place, Date.now()); });
    return { items: data?.items ?? [], next: data?.next_cursor ?? null };
  });
}

export function getPlace(id: string, language: Language): Promise<Answer<PublicPlace>> {
  return lasting(`place.${language}.${id}`, async () => {
    const { data } = await client.GET("/api/v1/public/locations/{location_id}", {
      params: { path: { location_id: id }, query: { locale: language } },
    });
    if (data === undefined) throw new ProblemError({ status: 0, title: "The server sent an empty answer" });
    return data;
  });
}

export function favourites(): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(FAVOURITES) ?? "[]");
    return Array.isArray(stored) ? stored.filter((each) => typeof each === "string") : [];
  } catch {
    return [];
  }
}

/** Remembers a place, or forgets it; answers what is remembered then. */
export function toggleFavourite(id: string): string[] {
  const before = favourites();
  const after = before.includes(id) ? before.filter((each) => each !== id) : [...before, id];
  localStorage.setItem(FAVOURITES, JSON.stringify(after));
  return after;
}
