import { Group, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { ActionButton, IconKey, IconPlus, Notice, PageHeader } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../../shared/Age.tsx";
import { ConfirmButton } from "../../shared/ConfirmButton.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { SecretOnce } from "../../shared/SecretOnce.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import {
  apiKeysQuery,
  oauthClientsQuery,
  useDeleteOAuthClient,
  useRevokeApiKey,
  useRotateOAuthClient,
} from "./api.ts";
import { MachineDialog, type SecretProps } from "./MachineDialog.tsx";
import { useRoleName } from "./useRoleName.ts";

/** What machines log in with: keys, and clients that fetch tokens. */
export function MachinesPage() {
  const { t } = useTranslation();
  const [secret, setSecret] = useState<string[] | null>(null);
  return (
    <>
      <PageHeader title={t("machines.title")} subtitle={t("machines.subtitle")} />
      <Stack>
        <ApiKeys onSecret={setSecret} />
        <OAuthClients onSecret={setSecret} />
      </Stack>
      {secret && (
        <SecretOnce
          title={t("machines.onceTitle")}
          text={t("machines.onceText")}
          secrets={secret}
          fileName="voltway-key.txt"
          onClose={() => {
            setSecret(null);
          }}
        />
      )}
    </>
  );
}

function ApiKeys({ onSecret }: SecretProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const keys = useInfiniteQuery(apiKeysQuery);
  const roleName = useRoleName();
  const revoke = useRevokeApiKey();
  const [isAdding, setAdding] = useState(false);
  const add = (
    <ActionButton
      leftSection={<IconPlus size={17} />}
      onClick={() => {
        setAdding(true);
      }}
    >
      {t("machines.addKey")}
    </ActionButton>
  );
  return (
    <>
      <ListPanel
        query={keys}
        title={t("machines.keys")}
        actions={add}
        empty={<Notice icon={IconKey} title={t("machines.noKeys")} text={t("machines.noKeysText")} />}
      >
        {(items) => (
          <DataTable
            label={t("machines.keys")}
            columns={[
              { label: t("locations.name") },
              { label: t("machines.prefix") },
              { label: t("staff.roleLabel") },
              { label: t("machines.scopes") },
              { label: t("idTokens.expires") },
              { label: t("me.lastUsed") },
              { label: t("common.actions"), isLabelHidden: true },
            ]}
          >
            {items.map((one) => (
              <tr key={one.id}>
                <td>{one.name}</td>
                <td className="vw-mono">{one.prefix}…</td>
                <td>{roleName(one)}</td>
                <td data-wrap>{one.scopes?.join(", ") ?? t("machines.allOfRole")}</td>
                <td>{one.expires_at ? format.date(one.expires_at) : t("idTokens.never")}</td>
                <td>{one.last_used_at ? <Age at={one.last_used_at} /> : t("me.never")}</td>
                <td data-num>
                  <ConfirmButton
                    label={t("staff.revoke")}
                    title={t("machines.revokeKey", { name: one.name })}
                    text={t("machines.revokeKeyText")}
                    onConfirm={() => {
                      revoke.mutate(one.id);
                    }}
                  />
                </td>
              </tr>
            ))}
          </DataTable>
        )}
      </ListPanel>
      {isAdding && (
        <MachineDialog
          kind="key"
          onSecret={onSecret}
          onClose={() => {
            setAdding(false);
          }}
        />
      )}
    </>
  );
}

function OAuthClients({ onSecret }: SecretProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const clients = useInfiniteQuery(oauthClientsQuery);
  const roleName = useRoleName();
  const rotate = useRotateOAuthClient();
  const remove = useDeleteOAuthClient();
  const [isAdding, setAdding] = useState(false);
  const add = (
    <ActionButton
      leftSection={<IconPlus size={17} />}
      onClick={() => {
        setAdding(true);
      }}
    >
      {t("machines.addClient")}
    </ActionButton>
  );
  return (
    <>
      <ListPanel
        query={clients}
        title={t("machines.clients")}
        actions={add}
        empty={<Notice icon={IconKey} title={t("machines.noClients")} text={t("machines.noClientsText")} />}
      >
        {(items) => (
          <DataTable
            label={t("machines.clients")}
            columns={[
              { label: t("locations.name") },
              { label: t("machines.clientId") },
              { label: t("staff.roleLabel") },
              { label: t("machines.scopes") },
              { label: t("me.lastUsed") },
              { label: t("common.actions"), isLabelHidden: true },
            ]}
          >
            {items.map((one) => (
              <tr key={one.id}>
                <td>
                  {one.name}
                  {one.old_secret_until && (
                    <Text size="xs" c="dimmed">
                      {t("machines.oldSecret", { at: format.dateTime(one.old_secret_until) })}
                    </Text>
                  )}
                </td>
                <td className="vw-mono">{one.id}</td>
                <td>{roleName(one)}</td>
                <td data-wrap>{one.scopes.join(", ")}</td>
                <td>{one.last_used_at ? <Age at={one.last_used_at} /> : t("me.never")}</td>
                <td data-num>
                  <Group gap="xs" wrap="nowrap" justify="flex-end">
                    <ActionButton
                      size="compact-sm"
                      variant="default"
                      loading={rotate.isPending && rotate.variables === one.id}
                      onClick={() => {
                        rotate.mutate(one.id, {
                          onSuccess: (made) => {
                            onSecret([`client_id: ${made.id}`, `client_secret: ${made.client_secret}`]);
                          },
                        });
                      }}
                    >
                      {t("machines.rotate")}
                    </ActionButton>
                    <ConfirmButton
                      label={t("common.delete")}
                      title={t("machines.deleteClient", { name: one.name })}
                      text={t("machines.revokeKeyText")}
                      onConfirm={() => {
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
      {isAdding && (
        <MachineDialog
          kind="client"
          onSecret={onSecret}
          onClose={() => {
            setAdding(false);
          }}
        />
      )}
    </>
  );
}
