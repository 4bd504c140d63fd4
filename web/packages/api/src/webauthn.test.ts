import { expect, it } from "vitest";
import { bytesOf, textOf } from "./webauthn.ts";

it.each([
  ["", []],
  ["_-8", [255, 239]],
  ["AAECAw", [0, 1, 2, 3]],
])("reads and writes the bytes of %j", (text, bytes) => {
  expect(Array.from(bytesOf(text))).toEqual(bytes);
  expect(textOf(Uint8Array.from(bytes).buffer)).toBe(text);
});
