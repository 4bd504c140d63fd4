import type { Variable } from "@voltway/api";

export type VariableAddress =
  | { key: string }
  | {
      component: string;
      variable: string;
      component_instance?: string | null;
      evse_number?: number | null;
      connector_number?: number | null;
      instance?: string | null;
      attribute?: string | null;
    };

/** The attribute that is meant when none is named (OCPP 2.0.1 part 2, AttributeEnumType). */
const USUAL_ATTRIBUTE = "Actual";

/** One line for a variable of either kind: "HeartbeatInterval", or "Connector[CCS] 1.2/Available (MaxSet)". */
export function variableName(variable: Variable): string {
  const { key, component, component_instance, evse_number, connector_number, instance, attribute } = variable;
  if (key !== null) return key;
  const place = [evse_number, connector_number].filter((number) => number !== null).join(".");
  const part = `${component ?? ""}${named(component_instance)}${place && ` ${place}`}`;
  return `${part}/${variable.variable}${named(instance)}${attribute === USUAL_ATTRIBUTE ? "" : ` (${attribute})`}`;
}

function named(instance: string | null): string {
  return instance === null ? "" : `[${instance}]`;
}

/** What a command calls the variable. */
export function variableAddress(variable: Variable): VariableAddress {
  const { key, component, component_instance, evse_number, connector_number, instance, attribute } = variable;
  if (key !== null || component === null) return { key: key ?? variable.variable };
  return { component, variable: variable.variable, component_instance, evse_number, connector_number, instance, attribute };
}

/** Reads what a person writes: with a slash it is a component's variable, else a configuration key (keys may hold dots, never slashes). */
export function parseVariableName(line: string): VariableAddress {
  const slash = line.indexOf("/");
  if (slash < 0) return { key: line.trim() };
  return { component: line.slice(0, slash).trim(), variable: line.slice(slash + 1).trim() };
}
