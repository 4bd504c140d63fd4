import { Group, Select, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { notifyDone } from "../../shared/notify.ts";
import { useCreateTariff } from "./api.ts";

const CURRENCIES = Intl.supportedValuesOf("currency");
const DECIMAL = /^\d{1,6}([.,]\d{1,6})?$/;

/** The first form of a tariff: start fee, price per kWh and per minute, one VAT rate. */
export function AddTariffDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const create = useCreateTariff();
  const decimal = (value: string) => (DECIMAL.test(value.trim()) ? null : t("tariffs.decimalWrong"));
  const form = useForm({
    initialValues: { name: "", currency: "EUR", start_fee: "0", price_per_kwh: "", price_per_minute: "0", vat_percent: "19" },
    validate: {
      name: (value) => (value.trim() ? null : t("tariffs.nameMissing")),
      start_fee: decimal,
      price_per_kwh: decimal,
      price_per_minute: decimal,
      vat_percent: decimal,
    },
  });
  return (
    <FormDialog
      title={t("tariffs.add")}
      submitLabel={t("tariffs.add")}
      isPending={create.isPending}
      error={create.error}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => {
        create.mutate(
          {
            name: values.name.trim(),
            currency: values.currency,
            start_fee: withPoint(values.start_fee),
            price_per_kwh: withPoint(values.price_per_kwh),
            price_per_minute: withPoint(values.price_per_minute),
            vat_percent: withPoint(values.vat_percent),
          },
          {
            onSuccess: ({ name }) => {
              notifyDone(t("tariffs.added", { name }));
              onClose();
            },
          },
        );
      })}
    >
      <TextInput data-autofocus required label={t("tariffs.name")} {...form.getInputProps("name")} />
      <Group grow align="flex-start">
        <Select
          label={t("tariffs.currency")}
          required
          searchable
          allowDeselect={false}
          data={CURRENCIES}
          {...form.getInputProps("currency")}
        />
        <TextInput label={`${t("tariffs.vat")} (%)`} required inputMode="decimal" {...form.getInputProps("vat_percent")} />
      </Group>
      <Group grow align="flex-start">
        <TextInput label={t("tariffs.startFee")} required inputMode="decimal" {...form.getInputProps("start_fee")} />
        <TextInput label={t("tariffs.perKwh")} required inputMode="decimal" placeholder="0.49" {...form.getInputProps("price_per_kwh")} />
        <TextInput label={t("tariffs.perMinute")} required inputMode="decimal" {...form.getInputProps("price_per_minute")} />
      </Group>
      <Text size="xs" c="dimmed">
        {t("tariffs.exclVat")}
      </Text>
    </FormDialog>
  );
}

/** People write "0,49" as well as "0.49"; the interface takes the point. */
function withPoint(decimal: string): string {
  return decimal.trim().replace(",", ".");
}
