import { Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { FleetDetails } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { useSaveFleet } from "./api.ts";

const TIME_ZONES = Intl.supportedValuesOf("timeZone");

export function FleetDialog({ fleet, onClose }: { fleet: FleetDetails | null; onClose: () => void }) {
  const { t } = useTranslation();
  const save = useSaveFleet();
  const form = useForm({
    initialValues: { name: fleet?.name ?? "", time_zone: fleet?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone },
    validate: { name: (value) => (value.trim() ? null : t("locations.nameMissing")) },
  });
  return (
    <FormDialog
      title={fleet ? t("fleets.change", { name: fleet.name }) : t("fleets.add")}
      submitLabel={fleet ? t("common.save") : t("fleets.add")}
      isPending={save.isPending}
      error={save.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ name, time_zone }) => {
        save.mutate({ ...(fleet && { id: fleet.id }), name: name.trim(), time_zone }, { onSuccess: onClose });
      })}
    >
      <TextInput label={t("locations.name")} required data-autofocus maxLength={100} {...form.getInputProps("name")} />
      <Select
        label={t("fleets.timeZone")}
        description={t("fleets.timeZoneHint")}
        required
        searchable
        allowDeselect={false}
        limit={60}
        // A fleet may have one that this browser does not list, such as UTC.
        data={TIME_ZONES.includes(form.values.time_zone) ? TIME_ZONES : [form.values.time_zone, ...TIME_ZONES]}
        {...form.getInputProps("time_zone")}
      />
    </FormDialog>
  );
}
