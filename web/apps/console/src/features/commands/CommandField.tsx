import { Select, Textarea, TextInput } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { ChargingStation } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { allItems } from "../../shared/pages.ts";
import { useFormat } from "../../shared/useFormat.ts";
import { sessionsQuery } from "../sessions/api.ts";
import { TRIGGER_MESSAGES, type FieldName } from "./forms.ts";

interface CommandFieldProps {
  field: FieldName;
  station: ChargingStation;
  value: string;
  isRequired: boolean;
  onChange: (value: string) => void;
}

/** One argument of a command, offered as a choice wherever the platform knows what there is to choose. */
export function CommandField(props: CommandFieldProps) {
  const { t } = useTranslation();
  const { field, station, value, isRequired, onChange } = props;
  if (field === "session_id") return <SessionChoice {...props} />;
  const label = t(`commands.field.${field}`);
  const choices = choicesOf(field, station, (name) => t(name));
  if (choices) {
    return (
      <Select
        label={label}
        required={isRequired}
        clearable={!isRequired}
        allowDeselect={!isRequired}
        placeholder={isRequired ? t("common.choose") : t("commands.any")}
        data={choices}
        value={value === "" ? null : value}
        onChange={(choice) => {
          onChange(choice ?? "");
        }}
      />
    );
  }
  const common = {
    label,
    required: isRequired,
    value,
    onChange: (event: { currentTarget: { value: string } }) => {
      onChange(event.currentTarget.value);
    },
  };
  if (field === "variable_names" || field === "variable_values") {
    return <Textarea {...common} autosize minRows={3} description={t(`commands.hint.${field}`)} classNames={{ input: "vw-mono" }} spellCheck={false} />;
  }
  return <TextInput {...common} autoComplete="off" maxLength={255} />;
}

interface Choice {
  value: string;
  label: string;
}

type ChoiceLabel = "commands.mode.immediate" | "commands.mode.on_idle" | "commands.operative.true" | "commands.operative.false";

function choicesOf(field: FieldName, station: ChargingStation, t: (label: ChoiceLabel) => string): Choice[] | null {
  const numbers = (values: number[]) => [...new Set(values)].map((number) => ({ value: String(number), label: String(number) }));
  switch (field) {
    case "evse_number":
      return numbers(station.evses.map((evse) => evse.evse_number));
    case "connector_number":
      return numbers(station.evses.flatMap((evse) => evse.connectors.map((connector) => connector.connector_number)));
    case "mode":
      return (["on_idle", "immediate"] as const).map((mode) => ({ value: mode, label: t(`commands.mode.${mode}`) }));
    case "operative":
      return (["true", "false"] as const).map((word) => ({ value: word, label: t(`commands.operative.${word}`) }));
    case "message":
      return TRIGGER_MESSAGES.map((message) => ({ value: message, label: message }));
    default:
      return null;
  }
}

function SessionChoice({ station, value, isRequired, onChange }: CommandFieldProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const active = useInfiniteQuery(sessionsQuery({ state: "active", station_id: station.id }));
  const sessions = active.data ? allItems(active.data) : [];
  return (
    <Select
      label={t("commands.field.session_id")}
      required={isRequired}
      allowDeselect={false}
      placeholder={active.isPending ? t("common.loading") : sessions.length === 0 ? t("commands.noSession") : t("common.choose")}
      data={sessions.map((session) => ({
        value: session.id,
        label: [t("stations.evse", { number: session.evse_number ?? format.unknown }), session.id_token, format.energy(session.energy_wh)]
          .filter(Boolean)
          .join(" · "),
      }))}
      value={sessions.some(({ id }) => id === value) ? value : null}
      onChange={(choice) => {
        onChange(choice ?? "");
      }}
    />
  );
}
