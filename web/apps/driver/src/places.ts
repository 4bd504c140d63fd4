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
  /** The most that a kWh may cost, in major units of `currency`; empty: it does not matter. */
  priceMax: string;
  currency: string;
  access: "" | "public" | "restricted";
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
export function asked({ text, connector, powerW, isFree, isOpen, priceMax, currency, access }: Wanted) {
  const label = CONNECTORS[connector];
  const types = Object.keys(CONNECTORS).filter((type) => CONNECTORS[type] === label && label !== undefined);
  return { text, power_w_min: powerW, is_free: isFree, is_open: isOpen, ...(priceMax === "" ? {} : { price_per_kwh_max: priceMax, currency }), ...(access === "" ? {} : { access }), ...(types.length > 0 ? { connector_type: types } : {}) };
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

export interface PriceRange {
  currency: string;
  lowest: string;
  highest: string;
}

/** What a kWh costs, from the lowest to the highest price, by currency. */
export function getPriceRanges(): Promise<Answer<PriceRange[]>> {
  return lasting("prices", async () => (await client.GET("/api/v1/public/price-ranges")).data?.items ?? []);
}

const STEPS_MOST = 6;

/** Round prices from about the lowest to the highest, for a driver to choose from: a few, in steps of 1, 2 or 5. */
export function priceSteps({ lowest, highest }: Pick<PriceRange, "lowest" | "highest">): string[] {
  const low = Math.round(Number(lowest) * 1e4);
  const high = Math.round(Number(highest) * 1e4);
  const sizes = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000].flatMap((ten) => [ten, 2 * ten, 5 * ten]);
  const size = sizes.find((each) => each >= 100 && Math.ceil(high / each) - Math.ceil(low / each) < STEPS_MOST) ?? 5_000_000;
  const first = Math.ceil(low / size);
  return Array.from({ length: Math.ceil(high / size) - first + 1 }, (_, index) => String(((first + index) * size) / 1e4));
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
