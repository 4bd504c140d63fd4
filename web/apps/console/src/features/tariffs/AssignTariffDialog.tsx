import { MultiSelect, Switch, Text } from "@mantine/core";
import type { Assignment, Tariff } from "@voltway/api";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { notifyDone } from "../../shared/notify.ts";
import { useLocationNames } from "../locations/api.ts";
import { useAssignTariff } from "./api.ts";

/** Says where a tariff holds: everywhere, or at some locations; assignments to stations and EVSEs stay as they are. */
export function AssignTariffDialog({ tariff, onClose }: { tariff: Tariff; onClose: () => void }) {
  const { t } = useTranslation();
  const locations = useLocationNames();
  const assign = useAssignTariff(tariff.id);
  const before = tariff.targets;
  const [isEverywhere, setEverywhere] = useState(before.some(({ kind }) => kind === "operator"));
  const [chosen, setChosen] = useState(before.flatMap(({ kind, id }) => (kind === "location" && id != null ? [id] : [])));
  return (
    <FormDialog
      title={t("tariffs.assignTitle", { name: tariff.name })}
      submitLabel={t("tariffs.assign")}
      isPending={assign.isPending}
      error={assign.error}
      onClose={onClose}
      onSubmit={(event) => {
        event.preventDefault();
        const targets: Assignment[] = before.filter(({ kind }) => kind === "station" || kind === "evse");
        if (isEverywhere) targets.push({ kind: "operator" });
        targets.push(...chosen.map((id): Assignment => ({ kind: "location", id })));
        assign.mutate(targets, {
          onSuccess: () => {
            notifyDone(t("tariffs.assignDone", { name: tariff.name }));
            onClose();
          },
        });
      }}
    >
      <Text size="sm" c="dimmed">
        {t("tariffs.assignText")}
      </Text>
      <Switch
        label={t("tariffs.everywhere")}
        checked={isEverywhere}
        onChange={(event) => {
          setEverywhere(event.currentTarget.checked);
        }}
      />
      <MultiSelect
        label={t("tariffs.atLocations")}
        placeholder={chosen.length === 0 ? t("common.choose") : ""}
        searchable
        clearable
        data={locations.options}
        value={chosen}
        onChange={setChosen}
      />
    </FormDialog>
  );
}
