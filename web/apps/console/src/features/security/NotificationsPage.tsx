import { Group, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { NotificationPolicy } from "@voltway/api";
import { ActionButton, IconBell, IconCheck, IconCircleDashed, IconPlus, Notice, PageHeader, StatusPill } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ConfirmButton } from "../../shared/ConfirmButton.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { PlacesText } from "../staff/PlacesText.tsx";
import { NotificationDialog } from "./NotificationDialog.tsx";
import { notificationsQuery, useRemoveNotification } from "./notifications.ts";
import { SeverityPill } from "./pills.tsx";

/** Who hears of which incidents, when, and who hears when nobody acts. */
export function NotificationsPage() {
  const { t } = useTranslation();
  const policies = useInfiniteQuery(notificationsQuery);
  const refusal = useRefusal("admin");
  const [edited, setEdited] = useState<NotificationPolicy | "new" | null>(null);
  const add = (
    <ActionButton
      leftSection={<IconPlus size={17} />}
      disabledReason={refusal}
      onClick={() => {
        setEdited("new");
      }}
    >
      {t("notifications.add")}
    </ActionButton>
  );
  return (
    <>
      <PageHeader title={t("notifications.title")} subtitle={t("notifications.subtitle")} actions={add} />
      <ListPanel query={policies} empty={<Notice icon={IconBell} title={t("notifications.empty")} text={t("notifications.emptyText")} action={add} />}>
        {(items) => (
          <DataTable
            label={t("notifications.title")}
            columns={[
              { label: t("locations.name") },
              { label: t("notifications.what") },
              { label: t("staff.where") },
              { label: t("notifications.who") },
              { label: t("notifications.quiet") },
              { label: t("notifications.escalation") },
              { label: t("idTokens.statusLabel") },
              { label: t("common.actions"), isLabelHidden: true },
            ]}
          >
            {items.map((one) => (
              <PolicyRow
                key={one.id}
                policy={one}
                refusal={refusal}
                onEdit={() => {
                  setEdited(one);
                }}
              />
            ))}
          </DataTable>
        )}
      </ListPanel>
      {edited && (
        <NotificationDialog
          policy={edited === "new" ? null : edited}
          onClose={() => {
            setEdited(null);
          }}
        />
      )}
    </>
  );
}

function PolicyRow({ policy, refusal, onEdit }: { policy: NotificationPolicy; refusal: string | undefined; onEdit: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const remove = useRemoveNotification();
  const { severities, rule_ids, emails, webhook_ids } = policy;
  const told = [...emails, ...(webhook_ids.length > 0 ? [t("notifications.webhookCount", { count: webhook_ids.length })] : [])].join(", ");
  const later = [...policy.escalate_emails, ...(policy.escalate_webhook_ids.length > 0 ? [t("notifications.webhookCount", { count: policy.escalate_webhook_ids.length })] : [])].join(", ");
  return (
    <tr>
      <td>
        <Text size="sm" fw={600}>
          {policy.name}
        </Text>
      </td>
      <td data-wrap>
        <Group gap={6}>
          {severities.length === 0 ? t("notifications.allSeverities") : severities.map((severity) => <SeverityPill key={severity} severity={severity} />)}
        </Group>
        {rule_ids.length > 0 && (
          <Text size="xs" c="dimmed" mt={4}>
            {rule_ids.join(", ")}
          </Text>
        )}
      </td>
      <td data-wrap>
        <PlacesText grant={{ location_ids: policy.location_ids ?? null }} />
      </td>
      <td data-wrap>{told}</td>
      <td>
        {policy.quiet_from ? `${policy.quiet_from}–${policy.quiet_until ?? ""}` : t("notifications.never")}
        {policy.quiet_from && (
          <Text size="xs" c="dimmed">
            {policy.time_zone}
          </Text>
        )}
      </td>
      <td data-wrap>{policy.escalate_after_s ? t("notifications.after", { time: format.duration(policy.escalate_after_s), who: later }) : t("notifications.never")}</td>
      <td>
        <StatusPill tone={policy.is_enabled ? "available" : "unavailable"} icon={policy.is_enabled ? IconCheck : IconCircleDashed}>
          {policy.is_enabled ? t("rules.on") : t("rules.off")}
        </StatusPill>
      </td>
      <td data-num>
        <Group gap="xs" wrap="nowrap" justify="flex-end">
          <ActionButton size="compact-sm" variant="default" disabledReason={refusal} onClick={onEdit}>
            {t("common.edit")}
          </ActionButton>
          <ConfirmButton
            label={t("common.remove")}
            title={t("notifications.removeTitle", { name: policy.name })}
            text={t("notifications.removeText")}
            refusal={refusal}
            onConfirm={() => {
              remove.mutate(policy.id);
            }}
          />
        </Group>
      </td>
    </tr>
  );
}
