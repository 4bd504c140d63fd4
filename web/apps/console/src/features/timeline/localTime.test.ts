import { expect, it } from "vitest";
import { localTime, wireInstant } from "./localTime.ts";

it("goes to the reader's time and back without losing a minute", () => {
  const at = "2026-03-29T14:05:00.000Z";
  expect(wireInstant(localTime(at))).toBe(at);
});

it("makes no instant of half a date", () => {
  expect(wireInstant("")).toBeUndefined();
});
