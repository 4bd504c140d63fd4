import { http, HttpResponse, type HttpHandler } from "msw";
import type { Network } from "./network.ts";

const BASE = "*/api/v1";

/** The map of the network in memory: all its stations at one place. */
export function mapHandlers(network: Network): HttpHandler[] {
  return [
    http.get(`${BASE}/station-clusters`, () => {
      const offline = network.stations.filter((station) => !station.is_online).length;
      const faulted = network.stations.filter((station) => station.is_online && station.status === "Faulted").length;
      const point = { latitude: 53.54, longitude: 9.99, west: 9.99, east: 9.99, south: 53.54, north: 53.54 };
      const counts = { stations: network.stations.length, available: network.stations.length - offline - faulted, in_use: 0, faulted, offline };
      return HttpResponse.json({ items: [{ ...point, ...counts, locations: 1, location_id: "l1", name: "Harbour", station_id: null }] });
    }),
    http.get(`${BASE}/public/map`, () =>
      HttpResponse.json({ style_url: null, tiles_url: null, tiles_zoom_max: 19, pmtiles_url: null, attribution: "", has_geocoder: false })),
    http.get(`${BASE}/public/towns`, () => HttpResponse.json({ items: [] })),
  ];
}
