export const DRIVER_TABS = ["tokens", "sessions", "bookings", "payments", "tickets"] as const;
export type DriverTab = (typeof DRIVER_TABS)[number];

/** The chosen tab stands in the address. */
export function readDriverTab(raw: Record<string, unknown>): { tab?: DriverTab } {
  const tab = DRIVER_TABS.find((one) => one === raw.tab);
  return tab ? { tab } : {};
}
