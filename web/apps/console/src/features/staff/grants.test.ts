import { expect, it } from "vitest";
import { grantable, grantOf, grantValues, PERMISSION_TABLE } from "./grants.ts";

it.each([
  { role: "operations" as const, custom_role_id: null, location_ids: null, location_group_ids: null },
  { role: "custom" as const, custom_role_id: "r1", location_ids: null, location_group_ids: null },
  { role: "site_host" as const, custom_role_id: null, location_ids: ["l1"], location_group_ids: ["g1", "g2"] },
])("a grant of $role comes back from its form as it was", (grant) => {
  expect(grantOf(grantValues(grant))).toEqual(grant);
});

it("forgets the places of a grant that is no longer bound to any", () => {
  expect(grantOf({ role: "support", isBound: false, location_ids: ["l1"], location_group_ids: ["g1"] })).toMatchObject({
    location_ids: null,
    location_group_ids: null,
  });
});

it("names each permission once", () => {
  const all = PERMISSION_TABLE.flatMap(([, permissions]) => permissions);
  expect(new Set(all).size).toBe(all.length);
});

it("offers no permission that one has not got", () => {
  expect(grantable(["stations:read", "members:write"])).toEqual([
    ["stations", ["stations:read"]],
    ["people", ["members:write"]],
  ]);
});
