import { NumberInput, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { useLocationNames } from "../locations/api.ts";
import { useAddRegistrationToken } from "./api.ts";
import { dayAhead, endOfDay } from "./tokens.ts";

const USES_MAX = 10_000;
const DAYS = 30;
const DAYS_MAX = 364;

export function TokenDialog({ onSecret, onClose }: { onSecret: (token: string) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const locations = useLocationNames();
  const add = useAddRegistrationToken();
  const [now] = useState(Date.now);
  const form = useForm({
    initialValues: { name: "", location: null as string | null, uses: 1 as number | string, day: dayAhead(DAYS, now) },
    validate: {
      name: (value) => (value.trim() ? null : t("locations.nameMissing")),
      uses: (value) => (Number(value) >= 1 && Number(value) <= USES_MAX ? null : t("onboarding.usesWrong", { most: USES_MAX })),
      day: (value) => (value >= dayAhead(0, now) && value <= dayAhead(DAYS_MAX, now) ? null : t("onboarding.dayWrong")),
    },
  });
  return (
    <FormDialog
      title={t("onboarding.addToken")}
      submitLabel={t("onboarding.addToken")}
      isPending={add.isPending}
      error={add.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ name, location, uses, day }) => {
        add.mutate(
          { name: name.trim(), location_id: location, evses: [], uses_max: Number(uses), expires_at: endOfDay(day) },
          {
            onSuccess: ({ token }) => {
              onClose();
              onSecret(token);
            },
          },
        );
      })}
    >
      <TextInput label={t("locations.name")} description={t("onboarding.nameHint")} required data-autofocus maxLength={100} {...form.getInputProps("name")} />
      <Select
        label={t("stations.column.location")}
        placeholder={t("stations.noLocation")}
        clearable
        searchable
        data={locations.options}
        {...form.getInputProps("location")}
      />
      <NumberInput
        label={t("onboarding.uses")}
        description={t("onboarding.usesHint")}
        required
        min={1}
        max={USES_MAX}
        allowDecimal={false}
        {...form.getInputProps("uses")}
      />
      <TextInput type="date" label={t("onboarding.lastDay")} required min={dayAhead(0, now)} max={dayAhead(DAYS_MAX, now)} {...form.getInputProps("day")} />
    </FormDialog>
  );
}
