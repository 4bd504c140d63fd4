import { expect, test } from "vitest";
import { isOffline, styleOf, townsToDraw, NO_LAND, type Ground } from "./ground.ts";
import { around, bboxOf, keyOf, short, sizeOf, slices, stateOf, type MapPoint } from "./points.ts";

const NONE = { free: 0, taken: 0, out_of_order: 0, unknown: 0 };
const point = (changes: Partial<MapPoint> = {}): MapPoint =>
  ({ id: "a", name: "Harbour", latitude: 53.5, longitude: 10, bounds: [10, 53.5, 10, 53.5], places: 1, counts: NONE, ...changes });
const GROUND: Ground = { style_url: null, tiles_url: null, tiles_zoom_max: 19, pmtiles_url: null, attribution: "© Somebody" };

test("one free plug makes a place free; only where nothing works is it out of order", () => {
  expect(stateOf({ free: 1, taken: 9, out_of_order: 9, unknown: 9 })).toBe("free");
  expect(stateOf({ ...NONE, taken: 1, out_of_order: 3 })).toBe("taken");
  expect(stateOf({ ...NONE, out_of_order: 1, unknown: 1 })).toBe("out_of_order");
  expect(stateOf(NONE)).toBe("unknown");
});

test("a ring is closed, in order, and one broken among thousands can be seen", () => {
  const parts = slices({ free: 5000, taken: 300, out_of_order: 1, unknown: 0 });
  expect(parts.map((part) => part.state)).toEqual(["free", "taken", "out_of_order"]);
  expect(parts[0]?.begin).toBe(0);
  expect(parts.at(-1)?.end).toBe(1);
  parts.slice(1).forEach((part, index) => { expect(part.begin).toBe(parts[index]?.end); });
  expect((parts[2]?.end ?? 0) - (parts[2]?.begin ?? 0)).toBeGreaterThan(0.04);
  expect(slices(NONE)).toEqual([{ state: "unknown", begin: 0, end: 1 }]);
});

test("a part of the map over the date line, or all of it, is said as the server wants it", () => {
  expect(bboxOf([170, -10, 190, 10])).toBe("170.00000,-10.00000,-170.00000,10.00000");
  expect(bboxOf([-400, -95, 100, 95])).toBe("-180.00000,-90.00000,180.00000,90.00000");
  expect(bboxOf([9, 53, 11, 54])).toBe("9.00000,53.00000,11.00000,54.00000");
});

test("points are the same while their places are", () => {
  expect(keyOf(point())).toBe(keyOf(point({ counts: { ...NONE, free: 1 } })));
  expect(keyOf(point({ id: null, places: 3 }))).not.toBe(keyOf(point({ id: null, places: 4 })));
});

test("what holds all points is as large as the points' own places", () => {
  expect(around([])).toBeNull();
  expect(around([point(), point({ bounds: [8, 50, 9, 52] })])).toEqual([8, 50, 10, 53.5]);
});

test("large numbers fit into a ring, and rings do not grow without end", () => {
  expect([9, 999, 1000, 1290, 12_345].map(short)).toEqual(["9", "999", "1k", "1.2k", "12k"]);
  expect(sizeOf(point({ places: 1_000_000 }))).toBeLessThanOrEqual(64);
});

test("without settings the map asks nobody: no address in its style", () => {
  expect(isOffline(GROUND)).toBe(true);
  const style = styleOf(GROUND, false, "http://localhost/app/", NO_LAND, []);
  expect(style).not.toHaveProperty("glyphs");
  expect(style).not.toHaveProperty("sprite");
  expect(JSON.stringify(style)).not.toMatch(/https?:/);
});

test("a server's tiles, its file, or its style is drawn, with whose it is", () => {
  const tiles = JSON.stringify(styleOf({ ...GROUND, tiles_url: "/tiles/{z}/{x}/{y}.png" }, true, "http://localhost:8080/app/", NO_LAND, []));
  expect(tiles).toContain('"http://localhost:8080/tiles/{z}/{x}/{y}.png"');
  expect(tiles).toContain("© Somebody");
  expect(JSON.stringify(styleOf({ ...GROUND, pmtiles_url: "https://a.example/x.pmtiles" }, false, "http://localhost/", NO_LAND, []))).toContain("pmtiles://https://a.example/x.pmtiles");
  expect(styleOf({ ...GROUND, style_url: "/style.json" }, false, "https://b.example/app/", NO_LAND, [])).toBe("https://b.example/style.json");
});

test("towns are drawn where they are: longitude first", () => {
  expect(townsToDraw([{ name: "Hamburg", people: 1, latitude: 53.5, longitude: 10 }]).features[0]?.geometry).toEqual({ type: "Point", coordinates: [10, 53.5] });
});
