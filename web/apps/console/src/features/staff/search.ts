export const STAFF_TABS = ["members", "invitations", "roles", "groups", "policy"] as const;
export type StaffTab = (typeof STAFF_TABS)[number];

/** The chosen tab stands in the address. */
export function readStaffTab(raw: Record<string, unknown>): { tab?: StaffTab } {
  const tab = STAFF_TABS.find((one) => one === raw.tab);
  return tab ? { tab } : {};
}
