import { Button, Modal, Stack, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { Webhook, WebhookDelivery } from "@voltway/api";
import { IconCheck, IconClock, IconSend, IconX, JsonView, Notice, StatusPill, type Icon, type Tone } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../shared/DataTable.tsx";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { QueryView } from "../../shared/QueryView.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { deliveriesQuery, deliveryQuery, useRetryDelivery } from "./api.ts";

const LOOK: Record<WebhookDelivery["state"], { tone: Tone; icon: Icon }> = {
  queued: { tone: "occupied", icon: IconClock },
  delivered: { tone: "available", icon: IconCheck },
  failed: { tone: "faulted", icon: IconX },
};

/** What was sent to a webhook, and what it answered. */
export function Deliveries({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation();
  const format = useFormat();
  const deliveries = useInfiniteQuery(deliveriesQuery(webhook.id));
  const retry = useRetryDelivery(webhook.id);
  const [opened, setOpened] = useState<WebhookDelivery | null>(null);
  return (
    <>
      <ListPanel
        query={deliveries}
        title={t("webhooks.logOf", { url: webhook.url })}
        empty={<Notice icon={IconSend} title={t("webhooks.noDeliveries")} text={t("webhooks.noDeliveriesText")} />}
      >
        {(items) => (
          <DataTable
            label={t("webhooks.log")}
            columns={[
              { label: t("mails.at") },
              { label: t("idTokens.kind") },
              { label: t("idTokens.statusLabel") },
              { label: t("webhooks.attempts"), isNumeric: true },
              { label: t("webhooks.answer") },
              { label: t("common.actions"), isLabelHidden: true },
            ]}
          >
            {items.map((one) => (
              <tr key={one.id}>
                <td>{format.exact(one.created_at)}</td>
                <td>
                  <Button
                    variant="transparent"
                    size="compact-sm"
                    px={0}
                    classNames={{ label: "vw-mono" }}
                    onClick={() => {
                      setOpened(one);
                    }}
                  >
                    {one.kind}
                  </Button>
                </td>
                <td>
                  <StatusPill {...LOOK[one.state]}>{t(`webhooks.state.${one.state}`)}</StatusPill>
                </td>
                <td data-num>{one.attempts}</td>
                <td data-wrap>{one.last_error ?? one.last_status ?? format.unknown}</td>
                <td data-num>
                  {one.state === "failed" && (
                    <Button
                      size="compact-sm"
                      variant="default"
                      onClick={() => {
                        retry.mutate(one.id);
                      }}
                    >
                      {t("mails.retry")}
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </DataTable>
        )}
      </ListPanel>
      {opened && (
        <DeliveryDialog
          webhookId={webhook.id}
          delivery={opened}
          onClose={() => {
            setOpened(null);
          }}
        />
      )}
    </>
  );
}

function DeliveryDialog({ webhookId, delivery, onClose }: { webhookId: string; delivery: WebhookDelivery; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const detail = useQuery(deliveryQuery(webhookId, delivery.id));
  return (
    <Modal
      opened
      size="lg"
      onClose={onClose}
      title={<Text fw={650}>{delivery.kind}</Text>}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      <QueryView query={detail}>
        {({ body, log }) => (
          <Stack>
            {log.map((attempt) => (
              <Text key={attempt.at} size="sm">
                {format.exact(attempt.at)} · {attempt.status ?? attempt.error} · {attempt.latency_ms} ms
              </Text>
            ))}
            <JsonView value={body} />
          </Stack>
        )}
      </QueryView>
    </Modal>
  );
}
