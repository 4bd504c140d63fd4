import { expect, it } from "vitest";
import { changesOf } from "./diff.ts";

it("tells what was added, changed and taken away, and nothing that stayed", () => {
  expect(changesOf({ role: "support", places: ["a"], name: "Ada" }, { role: "finance", places: ["a"], email: "a@b" })).toEqual([
    { field: "role", before: "support", after: "finance" },
    { field: "name", before: "Ada", after: undefined },
    { field: "email", before: undefined, after: "a@b" },
  ]);
});

it("shows all of what is new, or gone", () => {
  expect(changesOf(null, { a: 1 })).toEqual([{ field: "a", before: undefined, after: 1 }]);
  expect(changesOf({ a: 1 }, null)).toEqual([{ field: "a", before: 1, after: undefined }]);
  expect(changesOf(null, null)).toEqual([]);
});
