import { MultiSelect, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import type { Permission, Role } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { accountQuery } from "../account/api.ts";
import { useCreateApiKey, useCreateOAuthClient } from "./api.ts";
import { STAFF_ROLES } from "./grants.ts";

export interface SecretProps {
  onSecret: (lines: string[]) => void;
}

/** A key may have all that its role has; a client names what it needs. */
export function MachineDialog({ kind, onSecret, onClose }: SecretProps & { kind: "key" | "client"; onClose: () => void }) {
  const { t } = useTranslation();
  const { data: account } = useQuery(accountQuery);
  const createKey = useCreateApiKey();
  const createClient = useCreateOAuthClient();
  const form = useForm({
    initialValues: { name: "", role: "auditor" as Role, scopes: [] as Permission[], expires_on: "" },
    validate: {
      name: (value) => (value.trim() ? null : t("locations.nameMissing")),
      scopes: (value) => (kind === "key" || value.length > 0 ? null : t("staff.permissionMissing")),
    },
  });
  const create = kind === "key" ? createKey : createClient;
  return (
    <FormDialog
      title={kind === "key" ? t("machines.addKey") : t("machines.addClient")}
      submitLabel={t("machines.create")}
      isPending={create.isPending}
      error={create.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ name, role, scopes, expires_on }) => {
        const grant = { name: name.trim(), role };
        if (kind === "client") {
          createClient.mutate(
            { ...grant, scopes },
            {
              onSuccess: (made) => {
                onClose();
                onSecret([`client_id: ${made.id}`, `client_secret: ${made.client_secret}`]);
              },
            },
          );
          return;
        }
        const expires_at = expires_on ? new Date(`${expires_on}T23:59:59`).toISOString() : null;
        createKey.mutate(
          { ...grant, scopes: scopes.length > 0 ? scopes : null, expires_at },
          {
            onSuccess: (made) => {
              onClose();
              onSecret([made.key]);
            },
          },
        );
      })}
    >
      <TextInput label={t("locations.name")} required data-autofocus maxLength={200} {...form.getInputProps("name")} />
      <Select
        label={t("staff.roleLabel")}
        allowDeselect={false}
        data={STAFF_ROLES.map((value) => ({ value, label: t(`staff.role.${value}`) }))}
        {...form.getInputProps("role")}
      />
      <MultiSelect
        label={t("machines.scopes")}
        description={kind === "key" ? t("machines.scopesHint") : undefined}
        searchable
        data={account?.permissions ?? []}
        {...form.getInputProps("scopes")}
      />
      {kind === "key" && <TextInput type="date" label={t("idTokens.expires")} {...form.getInputProps("expires_on")} />}
    </FormDialog>
  );
}
