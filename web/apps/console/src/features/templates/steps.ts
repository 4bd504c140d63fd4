import type { TemplateStep } from "@voltway/api";
import { readAssignments } from "../commands/forms.ts";

const SETTING = "set_variables";

const LINE = new Set(["key", "component", "variable", "value"]);

/** Whether a line can say all of a step: settings of an EVSE, an instance or another attribute are left as they are. */
function isPlain({ type, arguments: given }: TemplateStep): boolean {
  const variables = (given?.variables ?? []) as Setting[];
  return type === SETTING && variables.every((one) => Object.entries(one).every(([name, value]) => LINE.has(name) || value === null));
}

/** The settings of a template as lines "Name = value", and its other steps, which are kept as they are. */
export function splitSteps(steps: TemplateStep[]): { settings: string; others: TemplateStep[] } {
  const variables = steps.filter(isPlain).flatMap((step) => (step.arguments?.variables ?? []) as Setting[]);
  return { settings: variables.map((one) => `${nameOf(one)} = ${one.value}`).join("\n"), others: steps.filter((step) => !isPlain(step)) };
}

/** The steps of a template: its settings first, as one order. */
export function joinSteps(settings: string, others: TemplateStep[]): TemplateStep[] {
  const variables = readAssignments(settings);
  return [...(variables.length > 0 ? [{ type: SETTING, arguments: { variables } }] : []), ...others];
}

interface Setting {
  key?: string | null;
  component?: string | null;
  variable?: string | null;
  value: string;
}

const nameOf = ({ key, component, variable }: Setting): string => key ?? `${component ?? ""}/${variable ?? ""}`;
