import { expect, it } from "vitest";
import { joinSteps, splitSteps } from "./steps.ts";

const RESET = { type: "reset", arguments: { mode: "on_idle" } };

it("shows settings as lines, makes the same of them again and leaves other steps alone", () => {
  const variables = [
    { key: "HeartbeatInterval", value: "300" },
    { component: "OCPPCommCtrlr", variable: "OfflineThreshold", value: "60" },
  ];
  const steps = [{ type: "set_variables", arguments: { variables } }, RESET];
  const { settings, others } = splitSteps(steps);
  expect(settings).toBe("HeartbeatInterval = 300\nOCPPCommCtrlr/OfflineThreshold = 60");
  expect(joinSteps(settings, others)).toEqual(steps);
});

it("has no empty step where there are no settings", () => {
  expect(joinSteps("\n", [RESET])).toEqual([RESET]);
});

it("keeps a setting that a line cannot say as it is", () => {
  const ofEvse = { type: "set_variables", arguments: { variables: [{ component: "EVSE", variable: "Enabled", evse_number: 2, value: "true" }] } };
  expect(splitSteps([ofEvse])).toEqual({ settings: "", others: [ofEvse] });
});
