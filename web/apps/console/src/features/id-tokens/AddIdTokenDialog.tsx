import { Group, NumberInput, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { IdTokenCreate } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { notifyDone } from "../../shared/notify.ts";
import { useCreateIdToken } from "./api.ts";

/** The kinds that OCPP 2.x names; a token without one matches a token of any kind. */
const KINDS: NonNullable<IdTokenCreate["kind"]>[] = ["ISO14443", "ISO15693", "eMAID", "EVCCID", "VIN", "Central", "KeyCode", "Local", "MacAddress"];

export function AddIdTokenDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const create = useCreateIdToken();
  const form = useForm({
    initialValues: { value: "", kind: null as string | null, group: "", expires_on: "", concurrent_max: "" as string | number },
    validate: { value: (value) => (value.trim() ? null : t("idTokens.valueMissing")) },
  });
  return (
    <FormDialog
      title={t("idTokens.add")}
      submitLabel={t("idTokens.add")}
      isPending={create.isPending}
      error={create.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ value, kind, group, expires_on, concurrent_max }) => {
        create.mutate(
          {
            value: value.trim(),
            status: "accepted",
            kind: KINDS.find((one) => one === kind) ?? null,
            group: group.trim() || null,
            expires_at: expires_on ? endOfDay(expires_on) : null,
            concurrent_max: concurrent_max === "" ? null : Number(concurrent_max),
          },
          {
            onSuccess: (token) => {
              notifyDone(t("idTokens.added", { value: token.value }));
              onClose();
            },
          },
        );
      })}
    >
      <TextInput
        data-autofocus
        required
        label={t("idTokens.value")}
        description={t("idTokens.valueHint")}
        maxLength={255}
        {...form.getInputProps("value")}
      />
      <Select label={t("idTokens.kind")} placeholder={t("idTokens.anyKind")} clearable data={KINDS} {...form.getInputProps("kind")} />
      <TextInput label={t("idTokens.group")} {...form.getInputProps("group")} />
      <Group grow align="flex-start">
        <TextInput type="date" label={t("idTokens.expires")} {...form.getInputProps("expires_on")} />
        <NumberInput
          label={t("idTokens.concurrent")}
          placeholder={t("idTokens.noLimit")}
          min={1}
          max={1000}
          allowDecimal={false}
          {...form.getInputProps("concurrent_max")}
        />
      </Group>
    </FormDialog>
  );
}

/** The last instant of a day as the reader's clock has it. */
function endOfDay(date: string): string {
  return new Date(`${date}T23:59:59`).toISOString();
}
