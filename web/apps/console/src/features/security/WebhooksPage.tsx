import { Group, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Webhook } from "@voltway/api";
import { ActionButton, IconBan, IconCheck, IconPlus, IconWebhook, IconX, Notice, PageHeader, StatusPill } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ConfirmButton } from "../../shared/ConfirmButton.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { SecretOnce } from "../../shared/SecretOnce.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useAddWebhook, useDeleteWebhook, useRotateWebhook, useSwitchWebhook, webhooksQuery } from "./api.ts";
import { Deliveries } from "./Deliveries.tsx";

/** Where the platform tells other systems of what happens, and how that went. */
export function WebhooksPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const webhooks = useInfiniteQuery(webhooksQuery);
  const setActive = useSwitchWebhook();
  const remove = useDeleteWebhook();
  const rotate = useRotateWebhook();
  const [isAdding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const [logOf, setLogOf] = useState<Webhook | null>(null);
  const add = (
    <ActionButton
      leftSection={<IconPlus size={17} />}
      onClick={() => {
        setAdding(true);
      }}
    >
      {t("webhooks.add")}
    </ActionButton>
  );
  return (
    <>
      <PageHeader title={t("webhooks.title")} subtitle={t("webhooks.subtitle")} actions={add} />
      <Stack>
        <ListPanel query={webhooks} empty={<Notice icon={IconWebhook} title={t("webhooks.empty")} text={t("webhooks.emptyText")} action={add} />}>
          {(items) => (
            <DataTable
              label={t("webhooks.title")}
              columns={[
                { label: t("webhooks.url") },
                { label: t("webhooks.kinds") },
                { label: t("idTokens.statusLabel") },
                { label: t("common.actions"), isLabelHidden: true },
              ]}
            >
              {items.map((one) => (
                <tr key={one.id}>
                  <td data-wrap>
                    <span className="vw-mono">{one.url}</span>
                    {one.description && (
                      <Text size="xs" c="dimmed">
                        {one.description}
                      </Text>
                    )}
                  </td>
                  <td data-wrap>{one.kinds.length > 0 ? one.kinds.join(", ") : t("webhooks.allKinds")}</td>
                  <td>
                    <WebhookState webhook={one} since={format.dateTime(one.failing_since)} />
                  </td>
                  <td data-num>
                    <Group gap="xs" wrap="nowrap" justify="flex-end">
                      <ActionButton
                        size="compact-sm"
                        variant="default"
                        onClick={() => {
                          setLogOf(one);
                        }}
                      >
                        {t("webhooks.log")}
                      </ActionButton>
                      <ActionButton
                        size="compact-sm"
                        variant="default"
                        onClick={() => {
                          setActive.mutate({ id: one.id, is_active: !one.is_active });
                        }}
                      >
                        {one.is_active ? t("staff.switchOff") : t("staff.switchOn")}
                      </ActionButton>
                      <ActionButton
                        size="compact-sm"
                        variant="default"
                        onClick={() => {
                          rotate.mutate(one.id, {
                            onSuccess: (made) => {
                              setSecret(made.secret);
                            },
                          });
                        }}
                      >
                        {t("machines.rotate")}
                      </ActionButton>
                      <ConfirmButton
                        label={t("common.delete")}
                        title={t("webhooks.deleteTitle")}
                        text={t("webhooks.deleteText", { url: one.url })}
                        onConfirm={() => {
                          setLogOf(null);
                          remove.mutate(one.id);
                        }}
                      />
                    </Group>
                  </td>
                </tr>
              ))}
            </DataTable>
          )}
        </ListPanel>
        {logOf && <Deliveries webhook={logOf} />}
      </Stack>
      {isAdding && (
        <AddDialog
          onSecret={setSecret}
          onClose={() => {
            setAdding(false);
          }}
        />
      )}
      {secret && (
        <SecretOnce
          title={t("webhooks.secretTitle")}
          text={t("webhooks.secretText")}
          secrets={[secret]}
          fileName="voltway-webhook.txt"
          onClose={() => {
            setSecret(null);
          }}
        />
      )}
    </>
  );
}

function WebhookState({ webhook, since }: { webhook: Webhook; since: string }) {
  const { t } = useTranslation();
  if (!webhook.is_active) {
    return (
      <StatusPill tone="unavailable" icon={IconBan} title={webhook.disabled_reason ?? undefined}>
        {t("rules.off")}
      </StatusPill>
    );
  }
  if (webhook.failing_since) {
    return (
      <StatusPill tone="faulted" icon={IconX}>
        {t("webhooks.failing", { since })}
      </StatusPill>
    );
  }
  return (
    <StatusPill tone="available" icon={IconCheck}>
      {t("rules.on")}
    </StatusPill>
  );
}

function AddDialog({ onSecret, onClose }: { onSecret: (secret: string) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const add = useAddWebhook();
  const form = useForm({
    initialValues: { url: "", description: "", kinds: [] as string[] },
    validate: { url: (value) => (/^https?:\/\/./.test(value.trim()) ? null : t("webhooks.urlWrong")) },
  });
  return (
    <FormDialog
      title={t("webhooks.add")}
      submitLabel={t("webhooks.add")}
      isPending={add.isPending}
      error={add.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ url, description, kinds }) => {
        add.mutate(
          { url: url.trim(), description: description.trim(), kinds, is_active: true },
          {
            onSuccess: (made) => {
              onClose();
              onSecret(made.secret);
            },
          },
        );
      })}
    >
      <TextInput label={t("webhooks.url")} type="url" required data-autofocus maxLength={2000} {...form.getInputProps("url")} />
      <TextInput label={t("webhooks.description")} maxLength={200} {...form.getInputProps("description")} />
      <TagsInput label={t("webhooks.kinds")} description={t("webhooks.kindsHint")} {...form.getInputProps("kinds")} />
    </FormDialog>
  );
}
