import { COMMANDS, type CommandCreate, type CommandField } from "@voltway/api";
import { wireInstant } from "../timeline/localTime.ts";
import { parseVariableName } from "../variables/variableName.ts";

export type CommandType = keyof typeof COMMANDS;
export const COMMAND_TYPES = Object.keys(COMMANDS) as CommandType[];

/** The commands as they are chosen: in groups, what is needed every day first. */
export const COMMAND_GROUPS = {
  everyday: ["start_transaction", "stop_transaction", "unlock_connector", "change_availability", "reset", "trigger_message", "clear_cache"],
  settings: ["get_variables", "set_variables", "get_base_report", "get_report"],
  access: ["reserve_now", "cancel_reservation", "send_local_list", "get_local_list_version"],
  charging: [
    ...(["set_charging_profile", "clear_charging_profile", "get_charging_profiles", "get_composite_schedule", "update_dynamic_schedule"] as const),
    ...(["use_priority_charging", "notify_allowed_energy_transfer", "get_transaction_status", "request_battery_swap"] as const),
  ],
  costs: ["update_cost", "set_default_tariff", "get_tariffs", "clear_tariffs", "change_transaction_tariff", "notify_web_payment_started", "set_up_web_payment"],
  display: ["set_display_message", "get_display_messages", "clear_display_message"],
  maintenance: ["update_firmware", "get_log", "publish_firmware", "unpublish_firmware", "customer_information", "data_transfer"],
  monitoring: [
    ...(["set_variable_monitoring", "clear_variable_monitoring", "get_monitoring_report", "set_monitoring_base", "set_monitoring_level"] as const),
    ...(["adjust_periodic_event_stream", "get_periodic_event_streams"] as const),
  ],
  security: [
    ...(["rotate_password", "set_security_profile", "set_network_profile", "sign_certificate_now", "send_certificate"] as const),
    ...(["install_certificate", "delete_certificate", "get_installed_certificate_ids"] as const),
  ],
  grid: ["set_der_control", "get_der_control", "clear_der_control", "afrr_signal"],
} as const satisfies Record<string, readonly CommandType[]>;

export type CommandGroup = keyof typeof COMMAND_GROUPS;

/** Commands that only ask, or that nobody at the station notices; before all others the console asks whether they are meant. */
const ASKED_ONLY = /^get_|^(start_transaction|trigger_message|clear_cache|reserve_now|cancel_reservation|send_local_list|data_transfer|notify_web_payment_started)$/;

export function isNoticed(type: CommandType): boolean {
  return !ASKED_ONLY.test(type);
}

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

/** What stands in the fields, as text; objects and lists of objects have fields of their own. */
export interface FormValues {
  [name: string]: string | FormValues | FormValues[];
}

/** Where the table has no default and the console has a sensible one. */
const BEGINS_WITH: Partial<Record<CommandType, Record<string, string>>> = {
  reset: { mode: "on_idle" },
  change_availability: { operative: "true" },
  trigger_message: { message: "StatusNotification" },
};

export function fieldsOf(type: CommandType): readonly CommandField[] {
  return COMMANDS[type];
}

export function emptyValues(fields: readonly CommandField[], given: Record<string, string> = {}): FormValues {
  return Object.fromEntries(fields.map((field) => [field.name, given[field.name] ?? emptyValue(field)]));
}

export function startValues(type: CommandType): FormValues {
  return emptyValues(fieldsOf(type), BEGINS_WITH[type]);
}

function emptyValue({ kind, fields = [], default: preset }: CommandField): FormValues[string] {
  if (kind === "rows") return [];
  if (kind === "group") return emptyValues(fields);
  return preset === undefined ? "" : String(preset);
}

export type FieldProblem = "missing" | "number" | "range" | "length" | "format" | "json" | "time";

export function textOf(values: FormValues, name: string): string {
  const value = values[name];
  return typeof value === "string" ? value.trim() : "";
}

export function rowsOf(values: FormValues, name: string): FormValues[] {
  const value = values[name];
  return Array.isArray(value) ? value : [];
}

export function groupOf(values: FormValues, name: string): FormValues {
  const value = values[name];
  return typeof value === "object" && !Array.isArray(value) ? value : {};
}

export function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}

/** What is wrong with the fields: path -> problem. A path is that of the interface without its `$.`: `monitors[0].severity`. */
export function findProblems(fields: readonly CommandField[], values: FormValues, path = ""): Record<string, FieldProblem> {
  const found: Record<string, FieldProblem> = {};
  for (const field of fields) {
    const at = `${path}${field.name}`;
    const problem = problemOf(field, values);
    if (problem) found[at] = problem;
    if (field.kind === "rows") {
      for (const [index, row] of rowsOf(values, field.name).entries()) Object.assign(found, findProblems(field.fields ?? [], row, `${at}[${index}].`));
    }
    if (field.kind === "group" && (field.isRequired || !isBlank(groupOf(values, field.name)))) {
      Object.assign(found, findProblems(field.fields ?? [], groupOf(values, field.name), `${at}.`));
    }
  }
  return found;
}

function problemOf(field: CommandField, values: FormValues): FieldProblem | undefined {
  if (field.kind === "rows") return field.isRequired && rowsOf(values, field.name).length === 0 ? "missing" : undefined;
  if (field.kind === "group") return field.isRequired && isBlank(groupOf(values, field.name)) ? "missing" : undefined;
  const text = textOf(values, field.name);
  if (text === "") return field.isRequired ? "missing" : undefined;
  const { min = -Infinity, max = Infinity } = field;
  const isWithin = (size: number) => size >= min && size <= max;
  switch (field.kind) {
    case "integer":
    case "number": {
      const number = Number(text);
      if (Number.isNaN(number) || (field.kind === "integer" && !Number.isInteger(number))) return "number";
      return isWithin(number) ? undefined : "range";
    }
    case "integers":
      return linesOf(text).every((line) => /^\s*-?\d+\s*$/.test(line)) ? undefined : "number";
    case "text":
      if (!isWithin(text.length)) return "length";
      return field.pattern !== undefined && !new RegExp(field.pattern).test(text) ? "format" : undefined;
    case "time":
      return wireInstant(text) === undefined ? "time" : undefined;
    case "json":
      return isJson(text, field.isAny ?? false) ? undefined : "json";
    default:
      return undefined;
  }
}

function isBlank(values: FormValues): boolean {
  return Object.values(values).every((value) => (typeof value === "string" ? value.trim() === "" : Array.isArray(value) ? value.length === 0 : isBlank(value)));
}

function isJson(text: string, isAny: boolean): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return isAny || (typeof value === "object" && value !== null && !Array.isArray(value));
  } catch {
    return false;
  }
}

/** The command as the interface wants it; a field left empty is left out. */
export function toCommand(type: CommandType, values: FormValues): CommandCreate {
  // The table of commands is made from the schemas of the bodies; the server checks each argument again.
  return { type, ...toArguments(fieldsOf(type), values) } as CommandCreate;
}

function toArguments(fields: readonly CommandField[], values: FormValues): Record<string, unknown> {
  return Object.fromEntries(fields.map((field): [string, unknown] => [field.name, toArgument(field, values)]).filter(([, value]) => value !== undefined));
}

function toArgument(field: CommandField, values: FormValues): unknown {
  const { name, kind, fields = [] } = field;
  if (kind === "rows") {
    const rows = rowsOf(values, name);
    return rows.length > 0 ? rows.map((row) => toArguments(fields, row)) : undefined;
  }
  if (kind === "group") return isBlank(groupOf(values, name)) ? undefined : toArguments(fields, groupOf(values, name));
  const text = textOf(values, name);
  if (kind === "variables") return linesOf(text).map(parseVariableName);
  if (text === "") return undefined;
  switch (kind) {
    case "integer":
    case "number":
      return Number(text);
    case "boolean":
      return text === "true";
    case "choices":
    case "texts":
      return linesOf(text).map((line) => line.trim());
    case "integers":
      return linesOf(text).map(Number);
    case "time":
      return wireInstant(text);
    case "json":
      return JSON.parse(text) as unknown;
    case "assignments":
      return readAssignments(text);
    default:
      return text;
  }
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
