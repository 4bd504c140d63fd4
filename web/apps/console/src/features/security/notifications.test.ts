import type { NotificationPolicyChange } from "@voltway/api";
import { expect, it } from "vitest";
import { notificationValues, toNotification } from "./notifications.ts";

const CHANGE: NotificationPolicyChange = {
  ...{ name: "Nights", is_enabled: true, severities: ["critical"], rule_ids: ["D01"], location_ids: ["here"] },
  ...{ emails: ["ops@example.org"], webhook_ids: [], quiet_from: "22:00", quiet_until: "06:00", time_zone: "Europe/Berlin" },
  ...{ dedupe_s: 900, escalate_after_s: 1800, escalate_emails: ["boss@example.org"], escalate_webhook_ids: [] },
};
const POLICY = { ...CHANGE, id: "p", created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" };

it("gives back what it was given", () => {
  expect(toNotification(notificationValues(POLICY))).toEqual(CHANGE);
});

it("tells nobody later where nothing escalates, and is everywhere where it names no place", () => {
  const values = { ...notificationValues(POLICY), escalates: false, isBound: false, quiet_from: "", quiet_until: "" };
  const wanted = { escalate_after_s: null, escalate_emails: [], location_ids: null, quiet_from: null, quiet_until: null };
  expect(toNotification(values)).toMatchObject(wanted);
});
