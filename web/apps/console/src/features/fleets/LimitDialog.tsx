import { Group, NumberInput, SegmentedControl, Select } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { FleetDetails, FleetLimitUse } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { allItems } from "../../shared/pages.ts";
import { tariffsQuery } from "../tariffs/api.ts";
import { useSetLimits } from "./api.ts";
import { KINDS, limitOf, limitsAfter, limitValues, MEASURES, SPANS } from "./limits.ts";
import { useParts } from "./useParts.ts";

const CURRENCIES = Intl.supportedValuesOf("currency");

interface LimitDialogProps {
  fleet: FleetDetails;
  all: FleetLimitUse[];
  limit: FleetLimitUse | null;
  onClose: () => void;
}

export function LimitDialog({ fleet, all, limit, onClose }: LimitDialogProps) {
  const { t } = useTranslation();
  const set = useSetLimits(fleet.id, { showsProblem: true });
  const { vehicleOptions, memberOptions } = useParts(fleet);
  const form = useForm({
    initialValues: limitValues(limit, useCurrency()),
    validate: {
      target_id: (value, { kind }) => (kind === "fleet" || value !== null ? null : t("fleets.targetMissing")),
      amount: (value) => (value !== "" && Number(value) >= 0 ? null : t("fleets.amountWrong")),
    },
  });
  const { kind, measure } = form.values;
  return (
    <FormDialog
      title={limit ? t("fleets.changeLimit") : t("fleets.addLimit")}
      submitLabel={limit ? t("common.save") : t("fleets.addLimit")}
      isPending={set.isPending}
      error={set.error}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => {
        set.mutate(limitsAfter(all, limit, limitOf(values)), { onSuccess: onClose });
      })}
    >
      <Group grow align="flex-start">
        <Select
          label={t("fleets.limitOf")}
          required
          allowDeselect={false}
          data-autofocus
          data={KINDS.map((value) => ({ value, label: t(`fleets.kind.${value}`) }))}
          {...form.getInputProps("kind")}
          onChange={(value) => {
            form.setValues({ kind: KINDS.find((one) => one === value) ?? "fleet", target_id: null });
          }}
        />
        <Select
          label={t("fleets.period")}
          required
          allowDeselect={false}
          data={SPANS.map((value) => ({ value, label: t(`fleets.span.${value}`) }))}
          {...form.getInputProps("span")}
        />
      </Group>
      {kind !== "fleet" && (
        <Select
          label={t("fleets.target")}
          placeholder={t("common.choose")}
          required
          searchable
          limit={60}
          data={kind === "vehicle" ? vehicleOptions : memberOptions}
          {...form.getInputProps("target_id")}
        />
      )}
      <SegmentedControl
        aria-label={t("fleets.measureLabel")}
        data={MEASURES.map((value) => ({ value, label: t(`fleets.measure.${value}`) }))}
        {...form.getInputProps("measure")}
      />
      <Group grow align="flex-start">
        <NumberInput
          label={t("fleets.amount")}
          description={measure === "money" ? t("fleets.inclVatHint") : undefined}
          required
          min={0}
          max={1_000_000_000}
          decimalScale={measure === "energy" ? 3 : 2}
          suffix={measure === "energy" ? " kWh" : ""}
          inputWrapperOrder={["label", "input", "description", "error"]}
          {...form.getInputProps("amount")}
        />
        {measure === "money" && (
          <Select label={t("tariffs.currency")} required searchable allowDeselect={false} data={CURRENCIES} {...form.getInputProps("currency")} />
        )}
      </Group>
    </FormDialog>
  );
}

/** The currency that the operator asks for, as far as it is known when the form opens. */
function useCurrency(): string {
  const { data } = useInfiniteQuery(tariffsQuery);
  return (data && allItems(data)[0]?.currency) ?? "EUR";
}
