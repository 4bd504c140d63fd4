import type { StyleSpecification } from "maplibre-gl";
import type { FeatureCollection, MultiLineString } from "geojson";

/** What the map is drawn on; with no address: on the countries that come along, without asking anybody. */
export interface Ground {
  style_url: string | null;
  tiles_url: string | null;
  tiles_zoom_max: number;
  pmtiles_url: string | null;
  attribution: string;
}

export interface Town {
  name: string;
  people: number;
  latitude: number;
  longitude: number;
}

export interface Land {
  countries: FeatureCollection;
  coasts: MultiLineString;
  borders: MultiLineString;
}

export const OFFLINE_ATTRIBUTION = "Natural Earth · GeoNames";

const PALETTE = {
  light: { water: "#cfe3ea", land: "#f6f4ee", border: "#b4aea0", coast: "#a9c3cd", text: "#45525a", halo: "#ffffff", city: "#7b8890" },
  dark: { water: "#0d1a22", land: "#1b2b34", border: "#4a5e69", coast: "#2b4350", text: "#b7c6ce", halo: "#0f1c24", city: "#8fa2ad" },
} as const;

export const NO_LAND: Land = { countries: { type: "FeatureCollection", features: [] }, coasts: { type: "MultiLineString", coordinates: [] }, borders: { type: "MultiLineString", coordinates: [] } };

/** Whether the ground is the one that comes along. */
export function isOffline(ground: Ground): boolean {
  return ground.style_url === null && ground.tiles_url === null && ground.pmtiles_url === null;
}

export function townsToDraw(towns: readonly Town[]): FeatureCollection {
  return {
    type: "FeatureCollection",
    features: towns.map(({ name, people, longitude, latitude }) => ({
      type: "Feature",
      properties: { name, people },
      geometry: { type: "Point", coordinates: [longitude, latitude] },
    })),
  };
}

/** An address as the browser's page sees it: settings may name a path on our own server. */
export function absolute(url: string, page: string): string {
  // placeholders such as {z} must stay as they are
  return url.startsWith("/") ? new URL(page).origin + url : url;
}

/** The style for MapLibre: its address, or the style itself. */
export function styleOf(ground: Ground, isDark: boolean, page: string, land: Land, towns: readonly Town[]): StyleSpecification | string {
  if (ground.style_url !== null) return absolute(ground.style_url, page);
  const colours = PALETTE[isDark ? "dark" : "light"];
  const background = { id: "water", type: "background", paint: { "background-color": colours.water } } as const;
  if (!isOffline(ground)) {
    const tiles = ground.tiles_url === null
      ? { url: `pmtiles://${absolute(ground.pmtiles_url ?? "", page)}` }
      : { tiles: [absolute(ground.tiles_url, page)] };
    return {
      version: 8,
      sources: { tiles: { type: "raster", tileSize: 256, maxzoom: ground.tiles_zoom_max, attribution: ground.attribution, ...tiles } },
      layers: [background, { id: "tiles", type: "raster", source: "tiles", paint: isDark ? { "raster-brightness-max": 0.7, "raster-saturation": -0.3 } : {} }],
    };
  }
  return {
    version: 8,
    // No glyphs: MapLibre then draws letters with the fonts of the device.
    sources: {
      land: { type: "geojson", data: land.countries, attribution: OFFLINE_ATTRIBUTION, tolerance: 0.2 },
      coasts: { type: "geojson", data: land.coasts },
      borders: { type: "geojson", data: land.borders },
      towns: { type: "geojson", data: townsToDraw(towns) },
    },
    layers: [
      background,
      { id: "land", type: "fill", source: "land", paint: { "fill-color": colours.land, "fill-antialias": false } },
      { id: "coast", type: "line", source: "coasts", paint: { "line-color": colours.coast, "line-width": ["interpolate", ["linear"], ["zoom"], 2, 0.4, 8, 1.2] } },
      { id: "borders", type: "line", source: "borders", paint: { "line-color": colours.border, "line-width": ["interpolate", ["linear"], ["zoom"], 2, 0.5, 8, 1.6], "line-dasharray": [3, 2] } },
      { id: "town-dots", type: "circle", source: "towns", paint: { "circle-radius": ["interpolate", ["linear"], ["ln", ["get", "people"]], 8, 2, 16, 4], "circle-color": colours.city, "circle-opacity": 0.8 } },
      {
        id: "town-names", type: "symbol", source: "towns",
        layout: {
          "text-field": ["get", "name"], "text-font": ["sans-serif"], "text-anchor": "left", "text-offset": [0.5, 0],
          "text-size": ["interpolate", ["linear"], ["ln", ["get", "people"]], 8, 11, 12, 12.5, 16, 16],
          "symbol-sort-key": ["-", 0, ["get", "people"]],
        },
        paint: { "text-color": colours.text, "text-halo-color": colours.halo, "text-halo-width": 1.4 },
      },
    ],
  };
}
