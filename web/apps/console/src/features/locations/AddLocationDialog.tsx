import { Group, Select, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { notifyDone } from "../../shared/notify.ts";
import { useCreateLocation } from "./api.ts";

const TIME_ZONES = Intl.supportedValuesOf("timeZone");

export function AddLocationDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const create = useCreateLocation();
  const form = useForm({
    initialValues: {
      name: "",
      address: "",
      postal_code: "",
      city: "",
      country: "",
      help_phone: "",
      is_published: true,
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    },
    validate: {
      name: (value) => (value.trim() ? null : t("locations.nameMissing")),
      country: (value) => (value === "" || /^[A-Za-z]{2}$/.test(value) ? null : t("locations.countryWrong")),
    },
  });
  return (
    <FormDialog
      title={t("locations.add")}
      submitLabel={t("locations.add")}
      isPending={create.isPending}
      error={create.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ name, time_zone, country, is_published, ...address }) => {
        const filled = Object.fromEntries(Object.entries(address).filter(([, value]) => value.trim() !== ""));
        create.mutate(
          { name: name.trim(), time_zone, is_published, country: country === "" ? null : country.toUpperCase(), ...filled },
          {
            onSuccess: () => {
              notifyDone(t("locations.added", { name }));
              onClose();
            },
          },
        );
      })}
    >
      <TextInput data-autofocus required label={t("locations.name")} {...form.getInputProps("name")} />
      <TextInput label={t("locations.street")} {...form.getInputProps("address")} />
      <Group grow>
        <TextInput label={t("locations.postalCode")} {...form.getInputProps("postal_code")} />
        <TextInput label={t("locations.city")} {...form.getInputProps("city")} />
      </Group>
      <Group grow align="flex-start">
        <TextInput label={t("locations.country")} placeholder="DE" {...form.getInputProps("country")} />
        <Select
          label={t("locations.timeZone")}
          required
          searchable
          allowDeselect={false}
          limit={60}
          data={TIME_ZONES}
          {...form.getInputProps("time_zone")}
        />
      </Group>
      <TextInput type="tel" label={t("locations.helpline")} description={t("locations.helplineText")} {...form.getInputProps("help_phone")} />
      <Switch
        label={t("locations.published")}
        description={t("locations.publishedText")}
        {...form.getInputProps("is_published", { type: "checkbox" })}
      />
    </FormDialog>
  );
}
