import { queryOptions } from "@tanstack/react-query";
import { client, take } from "@voltway/api";
import i18next from "i18next";
import { listOf } from "../../shared/list.ts";
import { useChange } from "../../shared/useChange.ts";
import { bookingFilter, type BookingSearch } from "./search.ts";

/** People book and queue at any moment, and the live channel does not tell of it. */
const ANEW_MS = 30_000;

export const bookingKeys = {
  bookings: ["bookings"] as const,
  places: ["queue-places"] as const,
};

/** Bookings, newest first; of one driver, if an account is named. */
export function bookingsQuery(search: BookingSearch, account_id?: string) {
  const filter = { ...bookingFilter(search), account_id };
  return {
    ...listOf([...bookingKeys.bookings, "list", filter], (page, signal) => client.GET("/api/v1/bookings", { params: { query: { ...page, ...filter } }, signal })),
    refetchInterval: ANEW_MS,
  };
}

export function bookingQuery(id: string) {
  return queryOptions({
    queryKey: [...bookingKeys.bookings, id],
    queryFn: ({ signal }) => take(client.GET("/api/v1/bookings/{booking_id}", { params: { path: { booking_id: id } }, signal })),
    refetchInterval: ANEW_MS,
  });
}

/** Places in queues, newest first; of one driver, if an account is named. */
export function placesQuery({ location, place }: BookingSearch, account_id?: string) {
  const filter = { location_id: location, state: place, account_id };
  return {
    ...listOf([...bookingKeys.places, "list", filter], (page, signal) => client.GET("/api/v1/queue-places", { params: { query: { ...page, ...filter } }, signal })),
    refetchInterval: ANEW_MS,
  };
}

const booking = (booking_id: string) => ({ params: { path: { booking_id } } });

export function useConfirmBooking(id: string) {
  return useChange(() => take(client.POST("/api/v1/bookings/{booking_id}/confirmation", booking(id))), {
    stale: [bookingKeys.bookings],
    done: () => i18next.t("bookings.confirmed"),
  });
}

export function useCancelBooking(id: string) {
  return useChange((reason: string) => take(client.POST("/api/v1/bookings/{booking_id}/cancellation", { ...booking(id), body: { reason } })), {
    stale: [bookingKeys.bookings],
    done: () => i18next.t("bookings.cancelled"),
    showsProblem: true,
  });
}

export function useWaiveFee(id: string) {
  return useChange((reason: string) => take(client.POST("/api/v1/bookings/{booking_id}/fee-waiver", { ...booking(id), body: { reason } })), {
    stale: [bookingKeys.bookings],
    done: () => i18next.t("bookings.waived"),
    showsProblem: true,
  });
}

export function useRemovePlace(id: string) {
  return useChange(
    (reason: string) => take(client.POST("/api/v1/queue-places/{place_id}/removal", { params: { path: { place_id: id } }, body: { reason } })),
    { stale: [bookingKeys.places], done: () => i18next.t("bookings.placeRemoved"), showsProblem: true },
  );
}
