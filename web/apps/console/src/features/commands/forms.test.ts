import { COMMANDS, type CommandField } from "@voltway/api";
import { expect, it } from "vitest";
import { en } from "../../locales/en/index.ts";
import { COMMAND_GROUPS, COMMAND_TYPES, emptyValues, fieldsOf, findProblems, startValues, toCommand } from "./forms.ts";
import { fieldRefusals, refusalAt } from "./refusals.ts";
import { ProblemError } from "@voltway/api";

it("has a place, a name and words for every command and every field of the table", () => {
  expect(Object.values(COMMAND_GROUPS).flat().sort()).toEqual([...COMMAND_TYPES].sort());
  expect(Object.keys(en.commands.type).sort()).toEqual([...COMMAND_TYPES].sort());
  expect(Object.keys(en.commands.about).sort()).toEqual([...COMMAND_TYPES].sort());
  const names = (fields: readonly CommandField[]): string[] => fields.flatMap((field) => [field.name, ...names(field.fields ?? [])]);
  const known = Object.keys(en.commands.field);
  expect(Object.values(COMMANDS).flatMap((fields) => names(fields)).filter((name) => !known.includes(name))).toEqual([]);
});

it("leaves out what was left empty, and sends numbers as numbers", () => {
  expect(toCommand("start_transaction", { ...startValues("start_transaction"), id_token: " 04A3 ", evse_number: "2" })).toEqual({
    type: "start_transaction",
    id_token: "04A3",
    evse_number: 2,
  });
  expect(toCommand("clear_cache", {})).toEqual({ type: "clear_cache" });
});

it("takes out of service only when told so", () => {
  const start = startValues("change_availability");
  expect(toCommand("change_availability", start)).toMatchObject({ operative: true });
  expect(toCommand("change_availability", { ...start, operative: "false" })).toMatchObject({ operative: false });
});

it("reads variables of both kinds, and values that hold an equals sign", () => {
  const variables = "HeartbeatInterval = 300\n\nOCPPCommCtrlr/Url = wss://x/?a=b";
  expect(toCommand("set_variables", { variables })).toEqual({
    type: "set_variables",
    variables: [
      { key: "HeartbeatInterval", value: "300" },
      { component: "OCPPCommCtrlr", variable: "Url", value: "wss://x/?a=b" },
    ],
  });
});

it("asks for every variable when none is named", () => {
  expect(toCommand("get_variables", startValues("get_variables"))).toEqual({ type: "get_variables", variables: [] });
});

it("says lists, objects, instants and JSON as the interface wants them", () => {
  expect(toCommand("get_report", { criteria: "active\nproblem", variables: [{ component: "EVSE", evse_number: "1" }] })).toEqual({
    type: "get_report",
    criteria: ["active", "problem"],
    variables: [{ component: "EVSE", evse_number: 1 }],
  });
  expect(toCommand("update_dynamic_schedule", { charging_profile_id: "7", values: { limit: "16.5", setpoint: "" } })).toEqual({
    type: "update_dynamic_schedule",
    charging_profile_id: 7,
    values: { limit: 16.5 },
  });
  expect(toCommand("reserve_now", { id_token: "04A3", expires_at: "2026-11-28T10:00" })).toMatchObject({ expires_at: new Date("2026-11-28T10:00").toISOString() });
  expect(toCommand("data_transfer", { vendor_id: "org.example", data: "[1, 2]" })).toMatchObject({ data: [1, 2] });
  expect(toCommand("clear_variable_monitoring", { numbers: "3\n5" })).toMatchObject({ numbers: [3, 5] });
});

it("names what is missing, and what is wrong, by its path", () => {
  const problems = (type: keyof typeof COMMANDS, values: Parameters<typeof findProblems>[1]) => findProblems(fieldsOf(type), values);
  expect(problems("unlock_connector", startValues("unlock_connector"))).toEqual({ evse_number: "missing" });
  expect(problems("unlock_connector", { evse_number: "1" })).toEqual({});
  expect(problems("set_monitoring_level", { severity: "10" })).toEqual({ severity: "range" });
  expect(problems("set_monitoring_level", { severity: "high" })).toEqual({ severity: "number" });
  expect(problems("set_charging_profile", { charging_profile: "[1]" })).toEqual({ charging_profile: "json" });
  expect(problems("set_up_web_payment", { url: "ftp://somewhere.example" })).toEqual({ url: "format" });
  expect(problems("set_variable_monitoring", startValues("set_variable_monitoring"))).toEqual({ monitors: "missing" });
  const [monitors] = fieldsOf("set_variable_monitoring");
  const row = { ...emptyValues(monitors?.fields ?? []), component: "EVSE", variable: "Power", kind: "UpperThreshold", value: "7.5", severity: "12" };
  expect(problems("set_variable_monitoring", { monitors: [row] })).toEqual({ "monitors[0].severity": "range" });
});

it("finds the field that the server refuses, whichever way its path is written", () => {
  const errors = [
    { path: "$.monitors.0.severity", message: "too high" },
    { path: "$.charging_profile.id", message: "the station keeps it" },
  ];
  const refusals = fieldRefusals(new ProblemError({ status: 422, title: "A field is wrong", context: { errors } }));
  expect(refusalAt(refusals, "monitors[0].severity", true)).toBe("too high");
  expect(refusalAt(refusals, "charging_profile", true)).toBe("the station keeps it");
  expect(refusalAt(refusals, "monitors", false)).toBeUndefined();
  expect(fieldRefusals(new Error("no answer"))).toEqual({});
});
