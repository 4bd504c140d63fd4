import { Group } from "@mantine/core";
import type { FleetDetails, Vehicle } from "@voltway/api";
import { ActionButton, IconCar, IconPlus, Notice, Panel } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ConfirmButton } from "../../shared/ConfirmButton.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { useRemoveVehicle } from "./api.ts";
import { useParts } from "./useParts.ts";
import { VehicleDialog } from "./VehicleDialog.tsx";

export function VehiclesTab({ fleet }: { fleet: FleetDetails }) {
  const { t } = useTranslation();
  const format = useFormat();
  const refusal = useRefusal("fleets:manage");
  const { costCentreName } = useParts(fleet);
  const remove = useRemoveVehicle(fleet.id);
  const [edited, setEdited] = useState<Vehicle | "new" | null>(null);
  const isDriven = (vehicle: Vehicle) => fleet.members.some(({ vehicle_id }) => vehicle_id === vehicle.id);
  const add = (
    <ActionButton
      leftSection={<IconPlus size={17} />}
      disabledReason={refusal}
      onClick={() => {
        setEdited("new");
      }}
    >
      {t("fleets.addVehicle")}
    </ActionButton>
  );
  return (
    <>
      <Panel padded={false} title={t("fleets.tab.vehicles")} actions={add}>
        {fleet.vehicles.length === 0 ? (
          <Notice icon={IconCar} title={t("fleets.noVehicles")} text={t("fleets.noVehiclesText")} />
        ) : (
          <DataTable
            label={t("fleets.tab.vehicles")}
            columns={[
              { label: t("fleets.plate") },
              { label: t("locations.name") },
              { label: t("fleets.battery"), isNumeric: true },
              { label: t("fleets.costCentre") },
              { label: t("common.actions"), isLabelHidden: true },
            ]}
          >
            {fleet.vehicles.map((vehicle) => (
              <tr key={vehicle.id}>
                <td style={{ fontWeight: 600 }}>{vehicle.plate}</td>
                <td data-wrap>{vehicle.name}</td>
                <td data-num>{vehicle.battery_wh == null ? format.unknown : format.energyTick(vehicle.battery_wh)}</td>
                <td data-wrap style={{ minWidth: 190 }}>{costCentreName(vehicle.cost_centre_id) ?? format.unknown}</td>
                <td data-num>
                  <Group gap="xs" wrap="nowrap" justify="flex-end">
                    <ActionButton
                      size="compact-sm"
                      variant="default"
                      disabledReason={refusal}
                      onClick={() => {
                        setEdited(vehicle);
                      }}
                    >
                      {t("common.edit")}
                    </ActionButton>
                    <ConfirmButton
                      label={t("common.remove")}
                      title={t("fleets.removeVehicleTitle", { name: vehicle.plate })}
                      text={t("fleets.removeVehicleText")}
                      refusal={refusal ?? (isDriven(vehicle) ? t("fleets.vehicleInUse") : undefined)}
                      onConfirm={() => {
                        remove.mutate(vehicle.id);
                      }}
                    />
                  </Group>
                </td>
              </tr>
            ))}
          </DataTable>
        )}
      </Panel>
      {edited && (
        <VehicleDialog
          fleet={fleet}
          vehicle={edited === "new" ? null : edited}
          onClose={() => {
            setEdited(null);
          }}
        />
      )}
    </>
  );
}
