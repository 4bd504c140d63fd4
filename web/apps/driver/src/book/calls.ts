import { client, ProblemError, take, type Booking, type BookingCalendar, type BookingOffer, type QueuePlace } from "@voltway/api";
import { whoAmI } from "../me/session.ts";
import { daySpan } from "./times.ts";

/** What somebody who books or waits in line is shown first: the rules and the fees of a place. */
export function getRules(locationId: string): Promise<BookingOffer> {
  return take(client.GET("/api/v1/me/bookable-locations/{location_id}", { params: { path: { location_id: locationId } } }));
}

/** The slots of a day of the place's calendar (`2026-01-31`). */
export async function getSlots(locationId: string, day: string, lengthMinutes: number, connector: string): Promise<BookingCalendar> {
  const query = { ...daySpan(day), length_minutes: lengthMinutes, ...(connector === "" ? {} : { connector_type: connector }) };
  const calendar = await take(client.GET("/api/v1/me/bookable-locations/{location_id}/calendar", { params: { path: { location_id: locationId }, query } }));
  return { ...calendar, slots: calendar.slots.filter((slot) => slot.local.startsWith(day)) };
}

export interface Slot {
  starts_at: string;
  ends_at: string;
  connector_type: string | null;
  rules_version: number;
}

export function book(locationId: string, slot: Slot): Promise<Booking> {
  return withToken(() => take(client.POST("/api/v1/me/bookings", { body: { ...slot, location_id: locationId } })));
}

export function move(bookingId: string, slot: Slot): Promise<Booking> {
  return take(client.PATCH("/api/v1/me/bookings/{booking_id}", { params: { path: { booking_id: bookingId } }, body: slot }));
}

export function getBooking(bookingId: string): Promise<Booking> {
  return take(client.GET("/api/v1/me/bookings/{booking_id}", { params: { path: { booking_id: bookingId } } }));
}

export function act(bookingId: string, what: "check-in" | "cancellation"): Promise<Booking> {
  return take(client.POST(`/api/v1/me/bookings/{booking_id}/${what}`, { params: { path: { booking_id: bookingId } } }));
}

export async function listBookings(): Promise<Booking[]> {
  return (await take(client.GET("/api/v1/me/bookings", { params: { query: { limit: 30 } } }))).items;
}

/** The place in a queue that was taken last: the only one that may still be open. */
export async function lastPlace(): Promise<QueuePlace | null> {
  return (await take(client.GET("/api/v1/me/queue-places", { params: { query: { limit: 1 } } }))).items[0] ?? null;
}

export function join(locationId: string, connector: string): Promise<QueuePlace> {
  return withToken(() => take(client.POST("/api/v1/me/queue-places", { body: { location_id: locationId, connector_type: connector || null } })));
}

export async function snooze(placeId: string): Promise<void> {
  await client.POST("/api/v1/me/queue-places/{place_id}/snooze", { params: { path: { place_id: placeId } } });
}

export async function leave(placeId: string): Promise<void> {
  await client.DELETE("/api/v1/me/queue-places/{place_id}", { params: { path: { place_id: placeId } } });
}

/** A charger is held for a token. Who has none yet gets the app's own, once. */
async function withToken<T>(ask: () => Promise<T>): Promise<T> {
  await whoAmI(); // after a reload, writes need the log-in's token anew
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ProblemError) || error.code !== "token-needed") throw error;
    await client.POST("/api/v1/me/id-tokens/app");
    return ask();
  }
}
