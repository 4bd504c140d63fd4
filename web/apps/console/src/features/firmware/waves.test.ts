import { expect, it } from "vitest";
import { readWaves } from "./waves.ts";

it("reads the sizes of waves however they are set apart", () => {
  expect(readWaves("1, 10,50")).toEqual([1, 10, 50]);
  expect(readWaves("1 → 5")).toEqual([1, 5]);
  expect(readWaves("")).toEqual([]);
});

it("takes no wave of nobody, of half a station or of words", () => {
  for (const text of ["0", "1.5", "one", "-3", "20000"]) expect(readWaves(text)).toBeNull();
});
