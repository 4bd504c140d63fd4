export const FLEET_TABS = ["members", "vehicles", "costCentres", "limits", "statements", "managers"] as const;
export type FleetTab = (typeof FLEET_TABS)[number];

/** The chosen tab stands in the address. */
export function readFleetTab(raw: Record<string, unknown>): { tab?: FleetTab } {
  const tab = FLEET_TABS.find((one) => one === raw.tab);
  return tab ? { tab } : {};
}
