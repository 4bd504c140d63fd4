import { Group, NumberInput, Select, Stack, Switch, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import type { DetectionRule } from "@voltway/api";
import { ActionButton, IconCheck, IconClock, IconCircleDashed, PageHeader, Panel, StatusPill } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../shared/DataTable.tsx";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { QueryView } from "../../shared/QueryView.tsx";
import { useRefusal } from "../account/useRefusal.ts";
import { rulesQuery, usePatchRule } from "./api.ts";
import { SeverityPill } from "./pills.tsx";
import { SEVERITIES } from "./search.ts";

/** What the platform looks for, from when on it speaks, and what it does then. */
export function RulesPage() {
  const { t } = useTranslation();
  const rules = useQuery(rulesQuery);
  const refusal = useRefusal("admin");
  const [edited, setEdited] = useState<DetectionRule | null>(null);
  return (
    <>
      <PageHeader title={t("rules.title")} subtitle={t("rules.subtitle")} />
      <Panel padded={false}>
        <QueryView query={rules}>
          {(items) => (
            <DataTable
              label={t("rules.title")}
              columns={[
                { label: t("rules.id") },
                { label: t("rules.what") },
                { label: t("incidents.severityLabel") },
                { label: t("rules.actionLabel") },
                { label: t("rules.thresholds") },
                { label: t("idTokens.statusLabel") },
                { label: t("common.actions"), isLabelHidden: true },
              ]}
            >
              {items.map((rule) => (
                <tr key={rule.id}>
                  <td className="vw-mono">{rule.id}</td>
                  <td data-wrap>
                    <Text size="sm" fw={600}>
                      {rule.title}
                    </Text>
                    <Text size="xs" c="dimmed">
                      {rule.signal}
                    </Text>
                  </td>
                  <td>
                    <SeverityPill severity={rule.severity} />
                  </td>
                  <td>{t(`rules.action.${rule.action}`)}</td>
                  <td data-wrap>
                    {rule.parameters.map(({ name, value, unit }) => (
                      <div key={name}>
                        {words(name)}: {value} {unit}
                      </div>
                    ))}
                  </td>
                  <td>
                    <RuleState rule={rule} />
                  </td>
                  <td data-num>
                    <ActionButton
                      size="compact-sm"
                      variant="default"
                      disabledReason={refusal}
                      onClick={() => {
                        setEdited(rule);
                      }}
                    >
                      {t("common.edit")}
                    </ActionButton>
                  </td>
                </tr>
              ))}
            </DataTable>
          )}
        </QueryView>
      </Panel>
      {edited && (
        <RuleDialog
          rule={edited}
          onClose={() => {
            setEdited(null);
          }}
        />
      )}
    </>
  );
}

function RuleState({ rule }: { rule: DetectionRule }) {
  const { t } = useTranslation();
  if (!rule.is_enabled) {
    return (
      <StatusPill tone="unavailable" icon={IconCircleDashed}>
        {t("rules.off")}
      </StatusPill>
    );
  }
  if (rule.is_waiting) {
    return (
      <StatusPill tone="warning" icon={IconClock} title={rule.waits_for}>
        {t("rules.waiting")}
      </StatusPill>
    );
  }
  return (
    <StatusPill tone="available" icon={IconCheck}>
      {t("rules.on")}
    </StatusPill>
  );
}

function RuleDialog({ rule, onClose }: { rule: DetectionRule; onClose: () => void }) {
  const { t } = useTranslation();
  const patch = usePatchRule();
  const form = useForm({
    initialValues: {
      is_enabled: rule.is_enabled,
      severity: rule.severity,
      values: Object.fromEntries(rule.parameters.map(({ name, value }) => [name, value as number | string])),
    },
  });
  return (
    <FormDialog
      title={`${rule.id} · ${rule.title}`}
      submitLabel={t("common.save")}
      isPending={patch.isPending}
      error={patch.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ is_enabled, severity, values }) => {
        // An empty field goes back to what the rule came with.
        const parameters = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value === "" ? null : Number(value)]));
        patch.mutate({ id: rule.id, is_enabled, severity, parameters }, { onSuccess: onClose });
      })}
    >
      <Text size="sm" c="dimmed">
        {rule.signal}
      </Text>
      <Switch label={t("rules.enabled")} {...form.getInputProps("is_enabled", { type: "checkbox" })} />
      <Select
        label={t("incidents.severityLabel")}
        allowDeselect={false}
        data={SEVERITIES.map((value) => ({ value, label: t(`incidents.severity.${value}`) }))}
        {...form.getInputProps("severity")}
      />
      <Stack gap="xs">
        {rule.parameters.map((one) => (
          <Group key={one.name} grow>
            <NumberInput
              label={words(one.name)}
              description={t("rules.range", { low: one.low, high: one.high, unit: one.unit, default: one.default })}
              min={one.low}
              max={one.high}
              suffix={one.unit ? ` ${one.unit}` : ""}
              {...form.getInputProps(`values.${one.name}`)}
            />
          </Group>
        ))}
      </Stack>
    </FormDialog>
  );
}

/** A parameter's name for reading. */
function words(name: string): string {
  return name.replaceAll("_", " ");
}
