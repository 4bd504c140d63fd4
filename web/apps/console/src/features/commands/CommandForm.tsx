import { Select, Stack, Text, Title } from "@mantine/core";
import type { ChargingStation } from "@voltway/api";
import { ActionButton, IconSend } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Confirm } from "../../shared/Confirm.tsx";
import { useRefusal } from "../account/useRefusal.ts";
import { useSendCommand } from "./api.ts";
import { CommandField } from "./CommandField.tsx";
import { CommandOutcome } from "./CommandOutcome.tsx";
import { COMMAND_FORMS, COMMAND_TYPES, EMPTY_VALUES, missingFields, toCommand, type CommandType, type FieldName } from "./forms.ts";

export function CommandForm({ station }: { station: ChargingStation }) {
  const { t } = useTranslation();
  const [type, setType] = useState<CommandType>("start_transaction");
  const [values, setValues] = useState(EMPTY_VALUES);
  const send = useSendCommand(station.id);
  const { fields, required, confirms } = COMMAND_FORMS[type];
  const refusal = useRefusal("commands:send");
  const missing = missingFields(type, values).map((field) => t(`commands.field.${field}`));
  const lack = missing.length > 0 ? t("commands.missing", { fields: missing.join(", ") }) : undefined;
  const isRequired = (field: FieldName) => (required as readonly FieldName[]).includes(field);
  const submit = () => {
    send.mutate(toCommand(type, values));
  };
  return (
    <Stack gap="sm">
      <Title order={2}>{t("commands.title")}</Title>
      <Select
        label={t("commands.command")}
        allowDeselect={false}
        data={COMMAND_TYPES.map((one) => ({ value: one, label: t(`commands.type.${one}`) }))}
        value={type}
        onChange={(value) => {
          setType(COMMAND_TYPES.find((one) => one === value) ?? type);
          send.reset();
        }}
      />
      <Text size="sm" c="dimmed">
        {t(`commands.about.${type}`)}
      </Text>
      {fields.map((field) => (
        <CommandField
          key={field}
          field={field}
          station={station}
          value={values[field]}
          isRequired={isRequired(field)}
          onChange={(value) => {
            setValues((now) => ({ ...now, [field]: value }));
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
            disabledReason={refusal ?? lack}
            onClick={confirms ? open : submit}
          >
            {t("commands.send")}
          </ActionButton>
        )}
      </Confirm>
      <CommandOutcome command={send.data} error={send.error} />
    </Stack>
  );
}
