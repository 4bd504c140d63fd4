import { client, ProblemError } from "@voltway/api";
import { bboxOf, type Bounds, type Ground, type MapPoint, type Town } from "@voltway/map";
import { asked, lasting, type Answer, type Wanted } from "../places.ts";
import type { Language } from "../words.ts";

/** What the map needs from the server. */

function given<T>(data: T | undefined): T {
  if (data === undefined) throw new ProblemError({ status: 0, title: "The server sent an empty answer" });
  return data;
}

export function getGround(): Promise<Answer<Ground>> {
  return lasting("map", async () => given((await client.GET("/api/v1/public/map")).data));
}

/** The places of a part of the map; without one, of all of it. */
export function findPoints(wanted: Wanted, view: { bounds: Bounds; zoom: number } | null): Promise<Answer<MapPoint[]>> {
  const query = { ...asked(wanted), ...(view === null ? {} : { bbox: bboxOf(view.bounds), zoom: Math.floor(view.zoom) }) };
  return lasting(`points.${JSON.stringify(query)}`, async () =>
    given((await client.GET("/api/v1/public/location-clusters", { params: { query } })).data).items.map((each) => ({
      id: each.location_id, name: each.name, latitude: each.latitude, longitude: each.longitude, places: each.places,
      bounds: [each.west, each.south, each.east, each.north] as const,
      counts: { free: each.free, taken: each.taken, out_of_order: each.out_of_order, unknown: each.unknown },
    })));
}

export async function findTowns(bounds: Bounds, zoom: number): Promise<Town[]> {
  return given((await client.GET("/api/v1/public/towns", { params: { query: { bbox: bboxOf(bounds), zoom: Math.floor(zoom) } } })).data).items;
}

export interface Spot {
  name: string;
  detail: string;
  latitude: number;
  longitude: number;
  bounds: Bounds | null;
}

/** Where something is that somebody names; `isTyped`: nothing more is to follow. */
export async function findSpots(q: string, language: Language, near: { latitude: number; longitude: number } | null, isTyped: boolean): Promise<{ spots: Spot[]; sources: string[] }> {
  const { data } = await client.GET("/api/v1/public/places", { params: { query: { q, locale: language, ...near, is_typed: isTyped } } });
  const { items, attributions } = given(data);
  const countries = new Intl.DisplayNames(language, { type: "region" });
  return {
    spots: items.map(({ name, detail, country, latitude, longitude, bbox }) => ({
      name, latitude, longitude,
      detail: [detail, country === null ? "" : countries.of(country)].filter(Boolean).join(", "),
      bounds: bbox?.length === 4 ? (bbox as unknown as Bounds) : null,
    })),
    sources: attributions,
  };
}
