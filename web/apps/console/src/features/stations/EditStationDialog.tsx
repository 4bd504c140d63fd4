import { Group, NumberInput, Select, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { ChargingStation } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { useLocationNames } from "../locations/api.ts";
import { useUpdateStation } from "./api.ts";
import { PLUGS, plugName } from "./plugName.ts";

/** Changes what people know of a station and it does not say itself: name, place, plugs, power. */
export function EditStationDialog({ station, onClose }: { station: ChargingStation; onClose: () => void }) {
  const { t } = useTranslation();
  const locations = useLocationNames();
  const update = useUpdateStation(station.id);
  const form = useForm({
    initialValues: {
      name: station.name ?? "",
      location: station.location_id,
      evses: station.evses.map((evse) => ({
        evse_number: evse.evse_number,
        power_kw: evse.power_w_max === null ? ("") : evse.power_w_max / 1000,
        connectors: evse.connectors.map(({ connector_number, type }) => ({ connector_number, type })),
      })),
    },
  });
  return (
    <FormDialog
      title={t("stations.edit")}
      submitLabel={t("common.save")}
      isPending={update.isPending}
      error={update.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ name, location, evses }) => {
        const described = evses.map(({ power_kw: power, ...evse }) => ({ ...evse, power_w_max: power === "" ? null : Math.round(Number(power) * 1000) }));
        const places = described.length > 0 ? { evses: described } : {};
        update.mutate({ name: name.trim() || null, location_id: location, ...places }, { onSuccess: onClose });
      })}
    >
      <TextInput label={t("stations.name")} data-autofocus maxLength={100} {...form.getInputProps("name")} />
      <Select
        label={t("stations.column.location")}
        placeholder={t("stations.noLocation")}
        clearable
        searchable
        data={locations.options}
        {...form.getInputProps("location")}
      />
      {form.values.evses.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("stations.noEvsesText")}
        </Text>
      )}
      {form.values.evses.map((evse, index) => (
        <Group key={evse.evse_number} align="flex-end" grow preventGrowOverflow={false} role="group" aria-label={t("stations.evse", { number: evse.evse_number })}>
          <NumberInput
            label={t("stations.powerOf", { number: evse.evse_number })}
            min={0.1}
            max={10_000}
            decimalScale={3}
            allowNegative={false}
            suffix=" kW"
            {...form.getInputProps(`evses.${index}.power_kw`)}
          />
          {evse.connectors.map(({ connector_number: number, type }, at) => (
            <Select
              key={number}
              label={t("stations.plugOf", { number })}
              clearable
              searchable
              placeholder={t("common.choose")}
              data={[...PLUGS, ...(type && !PLUGS.some((one) => one === type) ? [type] : [])].map((one) => ({ value: one, label: plugName(t, one) }))}
              {...form.getInputProps(`evses.${index}.connectors.${at}.type`)}
            />
          ))}
        </Group>
      ))}
    </FormDialog>
  );
}
