import type { PublicPlace } from "@voltway/api";
import { expect, test } from "vitest";
import { plugsOf } from "../src/map/PlaceCard.tsx";
import { tell } from "../src/map/words.ts";
import { asked } from "../src/places.ts";
import { changeWanted, homeHash, NOTHING, rememberHome } from "../src/wanted.ts";

const evse = (type: string, power_w_max: number, state: PublicPlace["evses"][number]["state"]) =>
  ({ id: `${type}${power_w_max}${state}`, station_name: "1", evse_number: 1, state, told_at: null, power_w_max, connectors: [{ connector_number: 1, type, status: null }], success_percent: null, last_success_at: null, price: null });

test("plugs are told by kind and power, the strongest first, with how many are free", () => {
  const evses = [evse("cType2", 22_000, "free"), evse("cCCS2", 150_000, "taken"), evse("cCCS2", 150_000, "free"), evse("sType2", 22_000, "unknown")];
  expect(plugsOf({ evses } as unknown as PublicPlace)).toEqual([
    { name: "CCS 2", powerW: 150_000, all: 2, free: 1 },
    { name: "Type 2", powerW: 22_000, all: 2, free: 1 },
  ]);
});

test("list and map ask the server for the same", () => {
  expect(asked({ ...NOTHING, connector: "cType2", powerW: 11_000, isFree: true })).toEqual({
    text: "", power_w_min: 11_000, is_free: true, is_open: false, connector_type: ["cType2", "sType2"],
  });
  expect(asked(NOTHING)).not.toHaveProperty("connector_type");
  changeWanted({});
});

test("all places leads back to where one came from", () => {
  sessionStorage.clear();
  expect(homeHash()).toBe("#/");
  rememberHome("#/map");
  expect(homeHash()).toBe("#/map");
});

test("the map speaks the languages of the app", () => {
  expect(tell("de")("inView", { places: 3, free: 2 })).toBe("3 Standorte hier, freie Ladepunkte: 2");
  expect(tell("zh")("zoomIn")).toBe("放大");
});
