import { MultiSelect, NumberInput, Select, Textarea, TextInput } from "@mantine/core";
import type { ChargingStation, CommandField as Field } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { SessionChoice, TariffChoice, ImageChoice } from "./Choices.tsx";
import { FieldGroup, FieldRows } from "./FieldGroup.tsx";
import { linesOf, TRIGGER_MESSAGES, type FieldProblem, type FormValues } from "./forms.ts";
import { refusalAt } from "./refusals.ts";
import { useFieldTexts } from "./useFieldTexts.ts";

/** What all fields of a form share. */
export interface FormContext {
  station: ChargingStation;
  /** What is wrong, by path; what is missing is said beside the button, not at the field, before anything was sent. */
  problems: Readonly<Record<string, FieldProblem>>;
  refusals: Readonly<Record<string, string>>;
}

export interface FieldProps extends FormContext {
  field: Field;
  path: string;
  value: string;
  onChange: (value: string) => void;
}

/** Texts of at least this length are certificates, messages and the like. */
const LONG = 400;

export interface LeafProps {
  label: string;
  description: string | undefined;
  required: boolean;
  error: string | undefined;
}

/** One argument of a command, offered as a choice wherever the platform knows what there is to choose. */
export function CommandField(props: FieldProps) {
  const { t } = useTranslation();
  const { field, path, station, value, onChange, problems, refusals } = props;
  const texts = useFieldTexts();
  const problem = problems[path];
  const leaf: LeafProps = {
    label: texts.label(field),
    description: texts.hint(field),
    required: field.isRequired,
    error: refusalAt(refusals, path, true) ?? (problem && problem !== "missing" ? texts.problem(problem, field) : undefined),
  };
  if (field.name === "session_id" || field.name === "transaction_id") {
    return <SessionChoice leaf={leaf} station={station} value={value} onChange={onChange} isTransaction={field.name === "transaction_id"} />;
  }
  if (field.name === "tariff_id") return <TariffChoice leaf={leaf} value={value} onChange={onChange} />;
  if (field.name === "image_id") return <ImageChoice leaf={leaf} value={value} onChange={onChange} />;
  const choices = choicesOf(field, station, texts);
  if (choices) {
    return (
      <Select
        {...leaf}
        clearable={!field.isRequired}
        allowDeselect={!field.isRequired}
        placeholder={field.isRequired ? t("common.choose") : t("commands.any")}
        searchable={choices.length > 9}
        data={choices}
        value={value === "" ? null : value}
        onChange={(choice) => {
          onChange(choice ?? "");
        }}
      />
    );
  }
  const onText = (event: { currentTarget: { value: string } }) => {
    onChange(event.currentTarget.value);
  };
  switch (field.kind) {
    case "choices":
      return (
        <MultiSelect
          {...leaf}
          data={(field.choices ?? []).map((choice) => ({ value: choice, label: texts.choice(choice) }))}
          value={linesOf(value)}
          onChange={(chosen) => {
            onChange(chosen.join("\n"));
          }}
        />
      );
    case "integer":
    case "number":
      return (
        <NumberInput
          {...leaf}
          value={value}
          allowDecimal={field.kind === "number"}
          suffix={field.name.endsWith("_s") ? " s" : ""}
          placeholder={field.name.endsWith("_s") ? "s" : ""}
          onChange={(number) => {
            onChange(String(number));
          }}
        />
      );
    case "time":
      return <TextInput {...leaf} type="datetime-local" value={value} onChange={onText} />;
    case "text":
      if ((field.max ?? 0) < LONG) return <TextInput {...leaf} autoComplete="off" type={field.name === "password" ? "password" : "text"} value={value} onChange={onText} />;
      return <Textarea {...leaf} autosize minRows={2} maxRows={10} value={value} onChange={onText} />;
    default:
      return <Textarea {...leaf} autosize minRows={3} maxRows={14} classNames={{ input: "vw-mono" }} spellCheck={false} value={value} onChange={onText} />;
  }
}

/** A field with fields of its own, or one of the above. */
export function AnyField(props: Omit<FieldProps, "value" | "onChange"> & { value: FieldValue; onChange: (value: FieldValue) => void }) {
  const { field, value } = props;
  if (field.kind === "rows") return <FieldRows {...props} rows={Array.isArray(value) ? value : []} />;
  if (field.kind === "group") return <FieldGroup {...props} values={typeof value === "object" && !Array.isArray(value) ? value : {}} />;
  return <CommandField {...props} value={typeof value === "string" ? value : ""} />;
}

export type FieldValue = FormValues[string];

interface Choice {
  value: string;
  label: string;
}

function choicesOf({ name, kind, choices }: Field, station: ChargingStation, texts: ReturnType<typeof useFieldTexts>): Choice[] | null {
  const numbers = (values: number[]) => [...new Set(values)].map((number) => ({ value: String(number), label: String(number) }));
  if (kind === "choice") return (choices ?? []).map((choice) => ({ value: choice, label: texts.choice(choice) }));
  if (kind === "boolean") return ["true", "false"].map((word) => ({ value: word, label: texts.yesNo(name, word === "true") }));
  switch (name) {
    case "evse_number":
      return numbers(station.evses.map((evse) => evse.evse_number));
    case "connector_number":
      return numbers(station.evses.flatMap((evse) => evse.connectors.map((connector) => connector.connector_number)));
    case "message":
      return TRIGGER_MESSAGES.map((message) => ({ value: message, label: message }));
    default:
      return null;
  }
}
