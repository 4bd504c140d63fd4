import type { RegistrationTokenOut } from "@voltway/api";
import { expect, test } from "vitest";
import { dayAhead, endOfDay, tokenState } from "./tokens.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const TOKEN: RegistrationTokenOut = {
  id: "1",
  name: "Depot",
  location_id: null,
  evses: [],
  uses_max: 2,
  uses: 1,
  expires_at: "2026-03-02T12:00:00Z",
  created_by: "ada",
  created_at: "2026-02-01T12:00:00Z",
  revoked_at: null,
};

test("a token is open until it is taken back, out of date or used up", () => {
  expect(tokenState(TOKEN, NOW)).toBe("open");
  expect(tokenState({ ...TOKEN, uses: 2 }, NOW)).toBe("usedUp");
  expect(tokenState({ ...TOKEN, uses: 2, expires_at: "2026-03-01T12:00:00Z" }, NOW)).toBe("expired");
  expect(tokenState({ ...TOKEN, uses: 2, revoked_at: "2026-02-02T12:00:00Z" }, NOW)).toBe("revoked");
});

test("days are those of here, and end when they end here", () => {
  expect(dayAhead(30, new Date(2026, 1, 10, 23, 30).getTime())).toBe("2026-03-12");
  expect(endOfDay("2026-03-12")).toBe(new Date(2026, 2, 12, 23, 59, 59).toISOString());
});
