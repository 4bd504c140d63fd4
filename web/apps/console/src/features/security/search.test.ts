import { expect, it } from "vitest";
import { readAuditSearch, readIncidentSearch } from "./search.ts";

it("takes over of an address only what the lists know", () => {
  expect(readIncidentSearch({ state: "closed", severity: "loud", text: "" })).toEqual({ state: "closed" });
  expect(readAuditSearch({ actor: "Ada", since: "2026-11-26", until: "yesterday", page: 3 })).toEqual({ actor: "Ada", since: "2026-11-26" });
  expect(readAuditSearch({ since: "2026-13-45" })).toEqual({});
});
