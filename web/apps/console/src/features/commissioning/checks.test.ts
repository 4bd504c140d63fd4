import { expect, it } from "vitest";
import { createNetwork } from "../../mocks/network.ts";
import { check, testCharge, type Evidence } from "./checks.ts";

const { stations, sessions } = createNetwork();
const [station] = stations;
const ended = sessions.find(({ state, review, energy_wh: energy }) => state === "ended" && review.length === 0 && energy > 100);

function evidence(change: Partial<Evidence> = {}): Evidence {
  if (!station || !ended) throw new Error("the mock network has a station and a session");
  const good = { ...station, security_profile: 2, registration: "accepted", is_online: true, has_factory_password: false, is_password_weak: false } as const;
  const evses = good.evses.map((evse) => ({
    ...evse,
    power_w_max: 22_000,
    connectors: evse.connectors.map((connector) => ({ ...connector, status: "Available" as const, type: "cType2" })),
  }));
  return { station: { ...good, evses }, hasSettings: true, sessions: [{ ...ended, is_cost_final: true }], samples: 20, ...change };
}

it("finds nothing to do at a station that has proved itself", () => {
  expect(Object.values(check(evidence())).every((state) => state === "done")).toBe(true);
});

it("says what is to be done, and what has to wait for something else", () => {
  const { station: good } = evidence();
  const fresh = { ...good, location_id: null, booted_at: null, vendor: null, evses: [], is_online: false, security_profile: 1, has_factory_password: true };
  const found = check(evidence({ station: fresh, hasSettings: false, sessions: [], samples: 0 }));
  expect(found).toMatchObject({ located: "open", online: "open", secured: "open", passwordChanged: "open", plugs: "open", rated: "open" });
  expect(found).toMatchObject({ described: "later", evses: "later", settings: "later", charged: "later", measured: "later", priced: "later" });
});

it("takes no charge for a test that was too short, runs still, or needs a look", () => {
  if (!ended) throw new Error("the mock network has a session");
  expect(testCharge([{ ...ended, energy_wh: 40 }])).toBeUndefined();
  expect(testCharge([{ ...ended, state: "active" }])).toBeUndefined();
  expect(testCharge([{ ...ended, review: ["meter_missing"] }, ended])).toEqual(ended);
  expect(check(evidence({ sessions: [{ ...ended, is_cost_final: false }], samples: 2 }))).toMatchObject({ charged: "done", measured: "open", priced: "open" });
});
