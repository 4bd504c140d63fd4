/**
 * Writes src/commands.ts: what each command to a station takes, as the body of `send_command` in openapi.json says it.
 *
 * Forms are made of it, so it says of each argument what a form must know, and no more.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { URL } from "node:url";

const HERE = new URL(".", import.meta.url);
const api = JSON.parse(readFileSync(new URL("../../../../openapi.json", HERE), "utf8"));
const schemas = api.components.schemas;
const body = api.paths["/api/v1/charging-stations/{station_id}/commands"].post.requestBody.content["application/json"].schema;

const resolved = (schema) => (schema.$ref ? schemas[schema.$ref.split("/").at(-1)] : schema);
/** What a schema allows besides null. */
const alternatives = (schema) => (schema.anyOf ?? [schema]).map(resolved).filter(({ type }) => type !== "null");
const without = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

/** The kind of field for a schema, with its limits. */
function fieldOf(schema) {
  const all = alternatives(schema);
  const numeric = all.find(({ type }) => type === "number");
  const [one] = numeric ? [numeric] : all;
  if (one.enum) return { kind: "choice", choices: one.enum };
  const limits = { min: one.minimum, max: one.maximum };
  switch (one.type) {
    case "boolean":
      return { kind: "boolean" };
    case "integer":
    case "number":
      return { kind: one.type, ...limits };
    case "string":
      if (one.format === "date-time") return { kind: "time" };
      return { kind: "text", min: one.minLength, max: one.maxLength, pattern: one.pattern };
    case "array":
      return { ...manyOf(one.items), min: one.minItems, max: one.maxItems };
    case "object":
      return one.properties ? { kind: "group", fields: fieldsOf(one) } : { kind: "json" };
    default:
      return { kind: "json", isAny: true };
  }
}

function manyOf(items) {
  const all = alternatives(items);
  // Settings are named by key or by component and variable: forms take them as lines of text.
  if (all.length > 1) return { kind: all.some(({ properties }) => properties?.value) ? "assignments" : "variables" };
  const [one] = all;
  if (one.enum) return { kind: "choices", choices: one.enum };
  if (one.properties) return { kind: "rows", fields: fieldsOf(one) };
  return { kind: one.type === "integer" ? "integers" : "texts" };
}

function fieldsOf({ properties, required = [] }) {
  return Object.entries(properties)
    .filter(([, schema]) => schema.const === undefined)
    .map(([name, schema]) => without({ name, ...fieldOf(schema), isRequired: required.includes(name), default: leaf(schema.default) }));
}

/** A default that a field can begin with. */
const leaf = (value) => (value === null || typeof value === "object" ? undefined : value);

const commands = body.oneOf.map(resolved).map((schema) => [schema.properties.type.const, fieldsOf(schema)]);
const lines = commands.map(([type, fields]) => `  ${type}: [${fields.map((field) => `\n    ${JSON.stringify(field)},`).join("")}${fields.length ? "\n  " : ""}],`);
writeFileSync(
  new URL("../src/commands.ts", HERE),
  `/** Made by tools/commands.mjs from openapi.json: do not edit. What each command to a station takes. */
import type { CommandFields } from "./commandFields.ts";

export const COMMANDS = {
${lines.join("\n")}
} as const satisfies CommandFields;
`,
);
