import { Group, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { CostCentre, FleetDetails } from "@voltway/api";
import { ActionButton, IconBook, IconPlus, Notice, Panel } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ConfirmButton } from "../../shared/ConfirmButton.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { useRefusal } from "../account/useRefusal.ts";
import { useRemoveCostCentre, useSaveCostCentre } from "./api.ts";

export function CostCentresTab({ fleet }: { fleet: FleetDetails }) {
  const { t } = useTranslation();
  const refusal = useRefusal("fleets:manage");
  const remove = useRemoveCostCentre(fleet.id);
  const [edited, setEdited] = useState<CostCentre | "new" | null>(null);
  const isNamed = ({ id }: CostCentre) => [...fleet.members, ...fleet.vehicles].some(({ cost_centre_id }) => cost_centre_id === id);
  const add = (
    <ActionButton
      leftSection={<IconPlus size={17} />}
      disabledReason={refusal}
      onClick={() => {
        setEdited("new");
      }}
    >
      {t("fleets.addCostCentre")}
    </ActionButton>
  );
  return (
    <>
      <Panel padded={false} title={t("fleets.tab.costCentres")} actions={add}>
        {fleet.cost_centres.length === 0 ? (
          <Notice icon={IconBook} title={t("fleets.noCostCentres")} text={t("fleets.noCostCentresText")} />
        ) : (
          <DataTable
            label={t("fleets.tab.costCentres")}
            columns={[{ label: t("fleets.code") }, { label: t("locations.name") }, { label: t("common.actions"), isLabelHidden: true }]}
          >
            {fleet.cost_centres.map((centre) => (
              <tr key={centre.id}>
                <td style={{ fontWeight: 600 }}>{centre.code}</td>
                <td data-wrap>{centre.name}</td>
                <td data-num>
                  <Group gap="xs" wrap="nowrap" justify="flex-end">
                    <ActionButton
                      size="compact-sm"
                      variant="default"
                      disabledReason={refusal}
                      onClick={() => {
                        setEdited(centre);
                      }}
                    >
                      {t("common.edit")}
                    </ActionButton>
                    <ConfirmButton
                      label={t("common.delete")}
                      title={t("fleets.removeCostCentreTitle", { name: centre.code })}
                      text={t("fleets.removeCostCentreText")}
                      refusal={refusal ?? (isNamed(centre) ? t("fleets.costCentreInUse") : undefined)}
                      onConfirm={() => {
                        remove.mutate(centre.id);
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
        <CostCentreDialog
          fleetId={fleet.id}
          centre={edited === "new" ? null : edited}
          onClose={() => {
            setEdited(null);
          }}
        />
      )}
    </>
  );
}

function CostCentreDialog({ fleetId, centre, onClose }: { fleetId: string; centre: CostCentre | null; onClose: () => void }) {
  const { t } = useTranslation();
  const save = useSaveCostCentre(fleetId);
  const form = useForm({
    initialValues: { code: centre?.code ?? "", name: centre?.name ?? "" },
    validate: {
      code: (value) => (value.trim() ? null : t("fleets.codeMissing")),
      name: (value) => (value.trim() ? null : t("locations.nameMissing")),
    },
  });
  return (
    <FormDialog
      title={centre ? t("fleets.changeCostCentre", { name: centre.code }) : t("fleets.addCostCentre")}
      submitLabel={centre ? t("common.save") : t("fleets.addCostCentre")}
      isPending={save.isPending}
      error={save.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ code, name }) => {
        save.mutate({ ...(centre && { id: centre.id }), code: code.trim(), name: name.trim() }, { onSuccess: onClose });
      })}
    >
      <TextInput label={t("fleets.code")} description={t("fleets.codeHint")} required data-autofocus maxLength={40} {...form.getInputProps("code")} />
      <TextInput label={t("locations.name")} required maxLength={100} {...form.getInputProps("name")} />
    </FormDialog>
  );
}
