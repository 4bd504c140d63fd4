import { Group, NumberInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import type { IdToken } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { notifyDone } from "../../shared/notify.ts";
import { useFormat } from "../../shared/useFormat.ts";
import { tokenUseQuery, usePatchIdToken } from "./api.ts";
import { limitsOf, limitValues } from "./limits.ts";

/** What one card may do: how long, how much at once, and how much in a day and a month. */
export function TokenDialog({ token, onClose }: { token: IdToken; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const patch = usePatchIdToken();
  const use = useQuery({ ...tokenUseQuery(token.id), enabled: token.quota !== null });
  const form = useForm({ initialValues: limitValues(token) });
  const amount = (name: "session_kwh" | "day_kwh" | "month_kwh" | "session_minutes" | "concurrent_max", isWhole: boolean, unit: string) => (
    <NumberInput
      label={t(`cards.limit.${name}`)}
      placeholder={t("idTokens.noLimit")}
      min={isWhole ? 1 : 0.001}
      max={1_000_000}
      allowDecimal={!isWhole}
      suffix={unit}
      {...form.getInputProps(name)}
    />
  );
  return (
    <FormDialog
      title={t("cards.limitsOf", { value: token.value })}
      submitLabel={t("common.save")}
      isPending={patch.isPending}
      error={patch.error}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => {
        patch.mutate(
          { id: token.id, ...limitsOf(values, token) },
          {
            onSuccess: ({ value }) => {
              notifyDone(t("cards.saved", { value }));
              onClose();
            },
          },
        );
      })}
    >
      <Group grow align="flex-start">
        <TextInput label={t("idTokens.group")} maxLength={255} data-autofocus {...form.getInputProps("group")} />
        {amount("concurrent_max", true, "")}
      </Group>
      <Group grow align="flex-start">
        {amount("session_kwh", false, " kWh")}
        {amount("session_minutes", true, " min")}
      </Group>
      <Group grow align="flex-start">
        {amount("day_kwh", false, " kWh")}
        {amount("month_kwh", false, " kWh")}
      </Group>
      <Text size="xs" c="dimmed">
        {t("cards.quotaHint")}
      </Text>
      {use.data && use.data.length > 0 && (
        <Stack gap={2}>
          {use.data.map((one) => (
            <Text key={one.since} size="sm">
              {t("cards.left", {
                since: format.date(one.since),
                left: one.left_wh == null ? format.unknown : format.energy(one.left_wh),
                limit: one.limit_wh == null ? format.unknown : format.energy(one.limit_wh),
              })}
            </Text>
          ))}
        </Stack>
      )}
    </FormDialog>
  );
}
