export const ME_TABS = ["profile", "factors", "devices", "data"] as const;
export type MeTab = (typeof ME_TABS)[number];

/** The chosen tab stands in the address. */
export function readMeTab(raw: Record<string, unknown>): { tab?: MeTab } {
  const tab = ME_TABS.find((one) => one === raw.tab);
  return tab ? { tab } : {};
}
