import type { NotificationPolicy, NotificationPolicyChange, Severity } from "@voltway/api";
import { client, take } from "@voltway/api";
import i18next from "i18next";
import { listOf } from "../../shared/list.ts";
import { useChange } from "../../shared/useChange.ts";
import { securityKeys } from "./api.ts";

export const notificationsQuery = listOf(securityKeys.notifications, (query, signal) =>
  client.GET("/api/v1/notification-policies", { params: { query }, signal }),
);

const policy = (policy_id: string) => ({ params: { path: { policy_id } } });

/** Adds a policy, or changes the one with this id. */
export function useSaveNotification(id: string | null) {
  return useChange(
    (body: NotificationPolicyChange) =>
      take(id === null ? client.POST("/api/v1/notification-policies", { body }) : client.PUT("/api/v1/notification-policies/{policy_id}", { ...policy(id), body })),
    { stale: [securityKeys.notifications], done: ({ name }) => i18next.t("notifications.saved", { name }), showsProblem: true },
  );
}

export function useRemoveNotification() {
  return useChange((id: string) => client.DELETE("/api/v1/notification-policies/{policy_id}", policy(id)), {
    stale: [securityKeys.notifications],
    done: () => i18next.t("notifications.removed"),
  });
}

/** What the form holds; minutes where the interface has seconds. */
export interface NotificationValues {
  name: string;
  is_enabled: boolean;
  severities: Severity[];
  rule_ids: string[];
  isBound: boolean;
  location_ids: string[];
  emails: string[];
  webhook_ids: string[];
  quiet_from: string;
  quiet_until: string;
  time_zone: string;
  dedupeMinutes: number;
  escalates: boolean;
  escalateMinutes: number;
  escalate_emails: string[];
  escalate_webhook_ids: string[];
}

export function notificationValues(one: NotificationPolicy | null): NotificationValues {
  return {
    name: one?.name ?? "",
    is_enabled: one?.is_enabled ?? true,
    severities: one?.severities ?? [],
    rule_ids: one?.rule_ids ?? [],
    isBound: Boolean(one?.location_ids),
    location_ids: one?.location_ids ?? [],
    emails: one?.emails ?? [],
    webhook_ids: one?.webhook_ids ?? [],
    quiet_from: one?.quiet_from ?? "",
    quiet_until: one?.quiet_until ?? "",
    time_zone: one?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    dedupeMinutes: (one?.dedupe_s ?? 900) / 60,
    escalates: Boolean(one?.escalate_after_s),
    escalateMinutes: (one?.escalate_after_s ?? 1800) / 60,
    escalate_emails: one?.escalate_emails ?? [],
    escalate_webhook_ids: one?.escalate_webhook_ids ?? [],
  };
}

export function toNotification(values: NotificationValues): NotificationPolicyChange {
  const { name, is_enabled, severities, rule_ids, emails, webhook_ids, time_zone, escalates } = values;
  return {
    ...{ name: name.trim(), is_enabled, severities, rule_ids, emails, webhook_ids, time_zone },
    location_ids: values.isBound ? values.location_ids : null,
    quiet_from: values.quiet_from || null,
    quiet_until: values.quiet_until || null,
    dedupe_s: Math.round(values.dedupeMinutes * 60),
    escalate_after_s: escalates ? Math.round(values.escalateMinutes * 60) : null,
    escalate_emails: escalates ? values.escalate_emails : [],
    escalate_webhook_ids: escalates ? values.escalate_webhook_ids : [],
  };
}
