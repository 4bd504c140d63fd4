import type { StaffBooking, StaffQueuePlace } from "@voltway/api";
import { searchText } from "../../shared/searchText.ts";

export const BOOKING_STATES = [
  ...(["requested", "confirmed", "moved", "checked_in", "charging"] as const),
  ...(["completed", "cancelled", "no_show", "failed"] as const),
] satisfies StaffBooking["state"][];
export const PLACE_STATES = ["waiting", "called", "snoozed", "served", "expired", "left"] as const satisfies StaffQueuePlace["state"][];
export const BOOKING_TABS = ["bookings", "queue"] as const;

/** Filters stand in the address. `since` and `until` are days of the reader's own calendar, `2026-11-26`. */
export interface BookingSearch {
  tab?: (typeof BOOKING_TABS)[number] | undefined;
  location?: string | undefined;
  state?: StaffBooking["state"] | undefined;
  place?: StaffQueuePlace["state"] | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

export function readBookingSearch(raw: Record<string, unknown>): BookingSearch {
  return {
    tab: BOOKING_TABS.find((one) => one === raw.tab),
    location: searchText(raw.location),
    state: BOOKING_STATES.find((one) => one === raw.state),
    place: PLACE_STATES.find((one) => one === raw.place),
    since: readDay(raw.since),
    until: readDay(raw.until),
  };
}

function readDay(raw: unknown): string | undefined {
  const text = searchText(raw);
  return text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : undefined;
}

/** What the interface is asked for: bookings that touch these days, as the reader's clock counts them. */
export function bookingFilter({ location, state, since, until }: BookingSearch) {
  return {
    location_id: location,
    state,
    since: since && new Date(`${since}T00:00:00`).toISOString(),
    until: until && new Date(`${until}T23:59:59.999`).toISOString(),
  };
}
