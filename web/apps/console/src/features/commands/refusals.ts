import { ProblemError } from "@voltway/api";

/** What the server says of single fields, by their paths; those of no field that is shown stay in the problem's own text. */
export function fieldRefusals(error: Error | null): Record<string, string> {
  const errors = error instanceof ProblemError ? error.context.errors : undefined;
  if (!Array.isArray(errors)) return {};
  return Object.fromEntries(
    errors.flatMap((one: unknown) =>
      typeof one === "object" && one !== null && "path" in one && "message" in one && typeof one.path === "string" && typeof one.message === "string"
        ? [[one.path.replace(/^\$\.?/, "").replaceAll(/\.(\d+)(?=\.|$)/g, "[$1]"), one.message]]
        : [],
    ),
  );
}

/** The refusal of a field: its own, or of something within it that has no field of its own. */
export function refusalAt(refusals: Readonly<Record<string, string>>, path: string, isLeaf: boolean): string | undefined {
  const own = refusals[path];
  if (own !== undefined || !isLeaf) return own;
  return Object.entries(refusals).find(([where]) => where.startsWith(`${path}.`) || where.startsWith(`${path}[`))?.[1];
}
