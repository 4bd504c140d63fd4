import { beforeEach, expect, test } from "vitest";
import { toGcj02 } from "../src/gcj02.ts";
import { keep, recall } from "../src/kept.ts";
import { waysTo } from "../src/navigation.ts";
import { favourites, priceSteps, toggleFavourite } from "../src/places.ts";
import { changeWanted, NOTHING, queryOf, wantedOf } from "../src/wanted.ts";
import { preferredLanguage, say } from "../src/words.ts";

beforeEach(() => { localStorage.clear(); });

test("Beijing is shifted as Amap shifts it, Hamburg is not", () => {
  const [latitude, longitude] = toGcj02([39.90923, 116.397428]);
  expect(latitude).toBeCloseTo(39.91063, 4);
  expect(longitude).toBeCloseTo(116.40367, 4);
  expect(toGcj02([53.54, 9.99])).toEqual([53.54, 9.99]);
});

// Of the test data of eviltransform (github.com/googollee/eviltransform), degrees to six places: a tenth of a metre.
test.each([
  [[31.1774276, 121.5272106], [31.17530398364597, 121.531541859215]],
  [[22.543847, 113.912316], [22.540796131694766, 113.9171764808363]],
  [[39.911954, 116.377817], [39.91334545536069, 116.38404722455657]],
] as const)("%j is shifted to %j", (point, shifted) => {
  const [latitude, longitude] = toGcj02(point);
  expect(latitude).toBeCloseTo(shifted[0], 6);
  expect(longitude).toBeCloseTo(shifted[1], 6);
});

test("Amap is offered in China only, longitude first and shifted", () => {
  expect(waysTo([53.54, 9.99], "Pier").map((way) => way.name)).toEqual(["geo:", "Apple Maps", "Google Maps", "Waze"]);
  expect(waysTo([39.90923, 116.397428], "A & B")[0]?.href).toMatch(/to=116\.403\d+,39\.910\d+,A%20%26%20B&/);
});

test("what was kept comes back with its age, and the oldest makes room", () => {
  for (let at = 0; at < 101; at++) keep(`k${at}`, { at }, at);
  expect(recall("k0")).toBeNull();
  expect(recall("k100")).toEqual({ value: { at: 100 }, atMs: 100 });
});

test("favourites are remembered and forgotten; nonsense in the storage is none", () => {
  expect(toggleFavourite("a")).toEqual(["a"]);
  expect(favourites()).toEqual(["a"]);
  expect(toggleFavourite("a")).toEqual([]);
  localStorage.setItem("voltway.favourites", "{");
  expect(favourites()).toEqual([]);
});

test("the language is the one chosen, else the browser's best, else English", () => {
  expect(preferredLanguage(["fr", "de-AT"], null)).toBe("de");
  expect(preferredLanguage(["de"], "zh")).toBe("zh");
  expect(preferredLanguage(["fr"], "toString")).toBe("en");
  expect(say("de", "freeOf", { free: 1, all: 2 })).toBe("1 von 2 frei");
});

test("filters stand in the address, and come back from it; where somebody is does not", () => {
  const wanted = { ...NOTHING, text: "a & b", near: { latitude: 1, longitude: 2 }, connector: "cCCS2", powerW: 50_000, isFree: true, priceMax: "0.5", currency: "EUR", access: "public" as const };
  const query = queryOf(wanted);
  expect(query).not.toContain("latitude");
  expect(wantedOf(`#/map${query}`)).toEqual({ ...wanted, near: null });
  expect(wantedOf("#/places/x")).toBeNull();
  expect([queryOf(NOTHING), wantedOf(""), wantedOf("#/?price=much&access=vip&power=x&open=2")]).toEqual(["", NOTHING, NOTHING]);
});

test("a filter that is chosen is put into the address of the page", () => {
  location.hash = "#/map";
  changeWanted({ priceMax: "0.5", currency: "EUR" });
  expect(location.hash).toBe("#/map?price=0.5+EUR");
  changeWanted({ priceMax: "", currency: "" });
  expect(location.hash).toBe("#/map");
  location.hash = "#/me";
  changeWanted({ isOpen: true });
  expect(location.hash).toBe("#/me");
  changeWanted(NOTHING);
});

test.each([
  ["0.3900", "0.7900", ["0.4", "0.5", "0.6", "0.7", "0.8"]],
  ["0.4760", "0.4760", ["0.48"]],
  ["0.0000", "0.0000", ["0"]],
  ["0.8000", "2.4000", ["1", "1.5", "2", "2.5"]],
])("prices from %s to %s are offered in a few round steps, the last of which finds all", (lowest, highest, steps) => {
  expect(priceSteps({ lowest, highest })).toEqual(steps);
});
