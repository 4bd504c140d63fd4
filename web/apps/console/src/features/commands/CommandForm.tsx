import { Select, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ChargingStation } from "@voltway/api";
import { ActionButton, Callout, IconSend } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Confirm } from "../../shared/Confirm.tsx";
import { useRefusal } from "../account/useRefusal.ts";
import { commandTypesQuery, useSendCommand } from "./api.ts";
import { AnyField } from "./CommandField.tsx";
import { CommandOutcome } from "./CommandOutcome.tsx";
import { COMMAND_GROUPS, COMMAND_TYPES, fieldsOf, findProblems, isNoticed, startValues, toCommand, type CommandGroup, type CommandType } from "./forms.ts";
import { fieldRefusals } from "./refusals.ts";
import { useFieldTexts } from "./useFieldTexts.ts";

export function CommandForm({ station }: { station: ChargingStation }) {
  const { t } = useTranslation();
  const [type, setType] = useState<CommandType>("start_transaction");
  const [values, setValues] = useState(startValues(type));
  const texts = useFieldTexts();
  const send = useSendCommand(station.id);
  const types = useQuery(commandTypesQuery(station.id));
  const reasons = new Map(types.data?.items.map((one) => [one.type, one.reason]));
  const impossible = reasons.get(type) ?? undefined;
  const fields = fieldsOf(type);
  const problems = findProblems(fields, values);
  const missing = fields.filter(({ name }) => problems[name] === "missing").map(texts.label);
  const refusal = useRefusal("commands:send");
  const lack =
    missing.length > 0 ? t("commands.missing", { fields: missing.join(", ") }) : Object.keys(problems).length > 0 ? t("commands.mend") : undefined;
  const submit = () => {
    send.mutate(toCommand(type, values));
  };
  return (
    <Stack gap="sm">
      <Title order={2}>{t("commands.title")}</Title>
      <Select
        label={t("commands.command")}
        allowDeselect={false}
        searchable
        nothingFoundMessage={t("commands.noneFound")}
        // The list is a part of the page, and scrolls itself: so it is in its landmark, and reached by the keys of the box.
        comboboxProps={{ withinPortal: false }}
        withScrollArea={false}
        styles={{ options: { maxHeight: 300, overflowY: "auto" } }}
        data={(Object.keys(COMMAND_GROUPS) as CommandGroup[]).map((group) => ({
          group: t(`commands.group.${group}`),
          items: COMMAND_GROUPS[group].map((one) => ({ value: one, label: t(`commands.type.${one}`) })),
        }))}
        renderOption={({ option }) => <CommandOption label={option.label} reason={reasons.get(option.value) ?? null} />}
        value={type}
        onChange={(value) => {
          const chosen = COMMAND_TYPES.find((one) => one === value) ?? type;
          setType(chosen);
          setValues(startValues(chosen));
          send.reset();
        }}
      />
      <Text size="sm" c="dimmed">
        {t(`commands.about.${type}`)}
      </Text>
      {impossible !== undefined && <Callout title={t("commands.impossible")}>{impossible}</Callout>}
      {impossible === undefined &&
        fields.map((field) => (
          <AnyField
            key={`${type}.${field.name}`}
            field={field}
            path={field.name}
            station={station}
            problems={problems}
            refusals={fieldRefusals(send.error)}
            value={values[field.name] ?? ""}
            onChange={(value) => {
              setValues((now) => ({ ...now, [field.name]: value }));
              if (send.error) send.reset();
            }}
          />
        ))}
      {!station.is_online && (
        <Text size="sm" c="var(--vw-warning-fg)">
          {t("commands.offlineHint")}
        </Text>
      )}
      <Confirm
        title={t(`commands.type.${type}`)}
        text={t("commands.confirm", { station: station.identity })}
        confirmLabel={t("commands.send")}
        onConfirm={submit}
      >
        {(open) => (
          <ActionButton
            leftSection={<IconSend size={16} />}
            loading={send.isPending}
            disabledReason={refusal ?? impossible ?? lack}
            onClick={isNoticed(type) ? open : submit}
          >
            {t("commands.send")}
          </ActionButton>
        )}
      </Confirm>
      <CommandOutcome command={send.data} error={send.error} />
    </Stack>
  );
}

/** A command that the station cannot be given stays in the list, grey and with the reason: whoever looks for it finds why. */
function CommandOption({ label, reason }: { label: string; reason: string | null }) {
  if (reason === null) return label;
  return (
    <div>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text size="xs" c="dimmed">
        {reason}
      </Text>
    </div>
  );
}
