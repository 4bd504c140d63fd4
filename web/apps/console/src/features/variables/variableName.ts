import type { Variable } from "@voltway/api";

export type VariableAddress = { key: string } | { component: string; variable: string };

/** One line for a variable of either kind: "HeartbeatInterval", or "OCPPCommCtrlr/HeartbeatInterval". */
export function variableName({ component, variable, key }: Pick<Variable, "component" | "variable" | "key">): string {
  return component && variable ? `${component}/${variable}` : (key ?? variable ?? "");
}

/** Reads such a line: with a slash it is a component's variable, else a configuration key (keys may hold dots, never slashes). */
export function parseVariableName(line: string): VariableAddress {
  const slash = line.indexOf("/");
  if (slash < 0) return { key: line.trim() };
  return { component: line.slice(0, slash).trim(), variable: line.slice(slash + 1).trim() };
}

export function variableAddress(variable: Variable): VariableAddress {
  return parseVariableName(variableName(variable));
}
