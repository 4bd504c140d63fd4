import { expect, it } from "vitest";
import { EMPTY_VALUES, missingFields, toCommand } from "./forms.ts";

it("leaves out what was left empty, and sends numbers as numbers", () => {
  expect(toCommand("start_transaction", { ...EMPTY_VALUES, id_token: " 04A3 ", evse_number: "2" })).toEqual({
    type: "start_transaction",
    id_token: "04A3",
    evse_number: 2,
  });
  expect(toCommand("clear_cache", EMPTY_VALUES)).toEqual({ type: "clear_cache" });
});

it("takes out of service only when told so", () => {
  expect(toCommand("change_availability", EMPTY_VALUES)).toMatchObject({ operative: true });
  expect(toCommand("change_availability", { ...EMPTY_VALUES, operative: "false" })).toMatchObject({ operative: false });
});

it("reads variables of both kinds, and values that hold an equals sign", () => {
  const variable_values = "HeartbeatInterval = 300\n\nOCPPCommCtrlr/Url = wss://x/?a=b";
  expect(toCommand("set_variables", { ...EMPTY_VALUES, variable_values })).toEqual({
    type: "set_variables",
    variables: [
      { key: "HeartbeatInterval", value: "300" },
      { component: "OCPPCommCtrlr", variable: "Url", value: "wss://x/?a=b" },
    ],
  });
});

it("asks for every variable when none is named", () => {
  expect(toCommand("get_variables", EMPTY_VALUES)).toEqual({ type: "get_variables", variables: [] });
});

it("names what is still missing", () => {
  expect(missingFields("unlock_connector", EMPTY_VALUES)).toEqual(["evse_number"]);
  expect(missingFields("unlock_connector", { ...EMPTY_VALUES, evse_number: "1" })).toEqual([]);
});
