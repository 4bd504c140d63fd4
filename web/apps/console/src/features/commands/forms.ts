import type { CommandCreate } from "@voltway/api";
import { parseVariableName } from "../variables/variableName.ts";

export const FIELDS = [
  "id_token",
  "session_id",
  "evse_number",
  "connector_number",
  "mode",
  "operative",
  "message",
  "variable_names",
  "variable_values",
] as const;
export type FieldName = (typeof FIELDS)[number];
export type FormValues = Record<FieldName, string>;

/** The version-neutral commands and what each asks for. `confirms`: somebody at the station will notice. */
export const COMMAND_FORMS = {
  start_transaction: { fields: ["id_token", "evse_number", "connector_number"], required: ["id_token"], confirms: false },
  stop_transaction: { fields: ["session_id"], required: ["session_id"], confirms: true },
  unlock_connector: { fields: ["evse_number", "connector_number"], required: ["evse_number"], confirms: true },
  change_availability: { fields: ["operative", "evse_number", "connector_number"], required: ["operative"], confirms: true },
  reset: { fields: ["mode", "evse_number"], required: ["mode"], confirms: true },
  trigger_message: { fields: ["message", "evse_number"], required: ["message"], confirms: false },
  get_variables: { fields: ["variable_names"], required: [], confirms: false },
  set_variables: { fields: ["variable_values"], required: ["variable_values"], confirms: true },
  clear_cache: { fields: [], required: [], confirms: false },
} as const satisfies Record<string, { fields: FieldName[]; required: FieldName[]; confirms: boolean }>;

export type CommandType = keyof typeof COMMAND_FORMS;
export const COMMAND_TYPES = Object.keys(COMMAND_FORMS) as CommandType[];

/** What a station can be asked to report now; each protocol knows a part of them. */
export const TRIGGER_MESSAGES = [
  "BootNotification",
  "Heartbeat",
  "StatusNotification",
  "MeterValues",
  "FirmwareStatusNotification",
  "LogStatusNotification",
  "TransactionEvent",
] as const;

export const EMPTY_VALUES: FormValues = {
  id_token: "",
  session_id: "",
  evse_number: "",
  connector_number: "",
  mode: "on_idle",
  operative: "true",
  message: "StatusNotification",
  variable_names: "",
  variable_values: "",
};

/** The fields that are still to be filled in. */
export function missingFields(type: CommandType, values: FormValues): FieldName[] {
  return COMMAND_FORMS[type].required.filter((field: FieldName) => values[field].trim() === "");
}

/** The command as the interface wants it; a field left empty is left out. */
export function toCommand(type: CommandType, values: FormValues): CommandCreate {
  const command: Record<string, unknown> = { type };
  for (const field of COMMAND_FORMS[type].fields) {
    const value = values[field].trim();
    if (value === "" && field !== "variable_names") continue;
    const [name, argument] = toArgument(field, value);
    command[name] = argument;
  }
  // The table of forms above mirrors the commands' schemas; the server checks each argument again.
  return command as CommandCreate;
}

function toArgument(field: FieldName, value: string): [name: string, argument: unknown] {
  switch (field) {
    case "evse_number":
    case "connector_number":
      return [field, Number(value)];
    case "operative":
      return [field, value === "true"];
    case "variable_names":
      return ["variables", linesOf(value).map(parseVariableName)];
    case "variable_values":
      return ["variables", readAssignments(value)];
    default:
      return [field, value];
  }
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}

/** Reads lines "Name = value" as variables with their values. */
export function readAssignments(text: string) {
  return linesOf(text).map(parseAssignment);
}

/** Reads "Name = value"; the value may itself hold an equals sign. */
function parseAssignment(line: string) {
  const equals = line.indexOf("=");
  if (equals < 0) return { ...parseVariableName(line), value: "" };
  return { ...parseVariableName(line.slice(0, equals)), value: line.slice(equals + 1).trim() };
}
