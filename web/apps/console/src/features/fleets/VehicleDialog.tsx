import { NumberInput, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { FleetDetails, Vehicle } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { useSaveVehicle } from "./api.ts";
import { useParts } from "./useParts.ts";

const BATTERY_KWH_MAX = 100_000;

export function VehicleDialog({ fleet, vehicle, onClose }: { fleet: FleetDetails; vehicle: Vehicle | null; onClose: () => void }) {
  const { t } = useTranslation();
  const save = useSaveVehicle(fleet.id);
  const { costCentreOptions } = useParts(fleet);
  const battery: number | string = vehicle?.battery_wh == null ? "" : vehicle.battery_wh / 1000;
  const form = useForm({
    initialValues: {
      plate: vehicle?.plate ?? "",
      name: vehicle?.name ?? "",
      battery_kwh: battery,
      cost_centre_id: vehicle?.cost_centre_id ?? null,
    },
    validate: {
      plate: (value) => (value.trim() ? null : t("fleets.plateMissing")),
      name: (value) => (value.trim() ? null : t("locations.nameMissing")),
      battery_kwh: (value) => (value === "" || (Number(value) > 0 && Number(value) <= BATTERY_KWH_MAX) ? null : t("fleets.batteryWrong")),
    },
  });
  return (
    <FormDialog
      title={vehicle ? t("fleets.changeVehicle", { name: vehicle.plate }) : t("fleets.addVehicle")}
      submitLabel={vehicle ? t("common.save") : t("fleets.addVehicle")}
      isPending={save.isPending}
      error={save.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ plate, name, battery_kwh, cost_centre_id }) => {
        const battery_wh = battery_kwh === "" ? null : Math.round(Number(battery_kwh) * 1000);
        save.mutate({ ...(vehicle && { id: vehicle.id }), plate: plate.trim(), name: name.trim(), battery_wh, cost_centre_id }, { onSuccess: onClose });
      })}
    >
      <TextInput label={t("fleets.plate")} required data-autofocus maxLength={20} {...form.getInputProps("plate")} />
      <TextInput label={t("locations.name")} required maxLength={100} {...form.getInputProps("name")} />
      <NumberInput
        label={t("fleets.battery")}
        description={t("fleets.batteryHint")}
        min={0}
        max={BATTERY_KWH_MAX}
        decimalScale={3}
        suffix=" kWh"
        {...form.getInputProps("battery_kwh")}
      />
      <Select
        label={t("fleets.costCentre")}
        placeholder={t("fleets.noCostCentre")}
        clearable
        searchable
        limit={60}
        data={costCentreOptions}
        {...form.getInputProps("cost_centre_id")}
      />
    </FormDialog>
  );
}
