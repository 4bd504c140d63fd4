import { Select, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { FleetDetails, FleetMember } from "@voltway/api";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { allItems } from "../../shared/pages.ts";
import { foundQuery } from "../desk/api.ts";
import { idTokensQuery } from "../id-tokens/api.ts";
import { useSaveMember } from "./api.ts";
import { useParts } from "./useParts.ts";

interface Option {
  value: string;
  label: string;
}

/** Takes a card into the fleet. */
export function AddMemberDialog({ fleet, onClose }: { fleet: FleetDetails; onClose: () => void }) {
  const { t } = useTranslation();
  const save = useSaveMember(fleet.id);
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<Option | null>(null);
  const options = useTokenOptions(fleet, chosen?.label === text ? "" : text.trim());
  const { form, fields } = useAssignment(fleet, null);
  const [isMissing, setMissing] = useState(false);
  return (
    <FormDialog
      title={t("fleets.addMember")}
      submitLabel={t("fleets.addMember")}
      isPending={save.isPending}
      error={save.error}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => {
        setMissing(chosen === null);
        if (chosen) save.mutate({ isNew: true, id_token_id: chosen.value, ...values }, { onSuccess: onClose });
      })}
    >
      <Text size="sm">{t("fleets.addMemberText")}</Text>
      <Select
        label={t("fleets.token")}
        description={t("fleets.tokenHint")}
        placeholder={t("common.choose")}
        required
        searchable
        data-autofocus
        data={chosen && !options.some(({ value }) => value === chosen.value) ? [chosen, ...options] : options}
        // The server has looked already, also at what is not shown whole.
        filter={({ options: found }) => found}
        nothingFoundMessage={t("fleets.noTokenFound")}
        searchValue={text}
        onSearchChange={setText}
        value={chosen?.value ?? null}
        onChange={(_, option) => {
          setChosen(option);
          setMissing(false);
        }}
        error={isMissing ? t("fleets.tokenMissing") : null}
      />
      {fields}
    </FormDialog>
  );
}

/** The cards that a text finds, or the newest; those that are in the fleet already are left out. */
function useTokenOptions(fleet: FleetDetails, text: string): Option[] {
  const [needle] = useDebouncedValue(text, 300);
  const newest = useInfiniteQuery(idTokensQuery(""));
  const found = useQuery(foundQuery(needle));
  const tokens: Option[] =
    needle === ""
      ? (newest.data ? allItems(newest.data) : []).map(({ id, value }) => ({ value: id, label: value }))
      : (found.data?.items ?? [])
          .filter(({ kind }) => kind === "id_token")
          .map(({ id, title, hint }) => ({ value: id, label: hint === null ? title : `${title} · ${hint}` }));
  return tokens.filter(({ value }) => !fleet.members.some(({ id_token_id }) => id_token_id === value));
}

/** Says to which vehicle and cost centre a member's sessions belong. */
export function AssignMemberDialog({ fleet, member, onClose }: { fleet: FleetDetails; member: FleetMember; onClose: () => void }) {
  const { t } = useTranslation();
  const save = useSaveMember(fleet.id);
  const { memberName } = useParts(fleet);
  const { form, fields } = useAssignment(fleet, member);
  return (
    <FormDialog
      title={t("fleets.assignTitle", { name: memberName(member) })}
      submitLabel={t("common.save")}
      isPending={save.isPending}
      error={save.error}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => {
        save.mutate({ isNew: false, id_token_id: member.id_token_id, ...values }, { onSuccess: onClose });
      })}
    >
      <Text size="sm">{t("fleets.assignText")}</Text>
      {fields}
    </FormDialog>
  );
}

function useAssignment(fleet: FleetDetails, member: FleetMember | null) {
  const { t } = useTranslation();
  const { vehicleOptions, costCentreOptions } = useParts(fleet);
  const form = useForm({ initialValues: { vehicle_id: member?.vehicle_id ?? null, cost_centre_id: member?.cost_centre_id ?? null } });
  const fields = (
    <>
      <Select
        label={t("fleets.vehicle")}
        placeholder={t("fleets.noVehicle")}
        clearable
        searchable
        limit={60}
        data={vehicleOptions}
        {...form.getInputProps("vehicle_id")}
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
    </>
  );
  return { form, fields };
}
