import { expect, it } from "vitest";
import { isSame, toKept } from "./search.ts";

it("keeps the filters that are set, and knows them again whatever their order", () => {
  const search = { status: "Faulted", online: false, text: undefined };
  expect(toKept(search)).toEqual({ status: "Faulted", online: false });
  expect(isSame(search, { online: false, status: "Faulted" })).toBe(true);
  expect(isSame(search, { status: "Faulted" })).toBe(false);
  expect(isSame({}, {})).toBe(true);
});
