import { Stack } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconCalendarEvent, IconHourglassHigh, IconLifebuoy, IconNfc, IconPlug, IconReceipt, Notice } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { bookingsQuery, placesQuery } from "../bookings/api.ts";
import { BookingTable } from "../bookings/BookingTable.tsx";
import { PlaceTable } from "../bookings/PlaceTable.tsx";
import { ticketsQuery } from "../desk/api.ts";
import { TicketTable } from "../desk/TicketTable.tsx";
import { idTokensQuery } from "../id-tokens/api.ts";
import { IdTokenTable } from "../id-tokens/IdTokenTable.tsx";
import { paymentsQuery } from "../money/api.ts";
import { PaymentTable } from "../money/PaymentTable.tsx";
import { sessionsQuery } from "../sessions/api.ts";
import { SessionTable } from "../sessions/SessionTable.tsx";

/** The lists of the whole network, narrowed to one driver. */
interface PartProps {
  driverId: string;
}

export function DriverTokens({ driverId }: PartProps) {
  const { t } = useTranslation();
  const tokens = useInfiniteQuery(idTokensQuery("", driverId));
  return (
    <ListPanel query={tokens} empty={<Notice icon={IconNfc} title={t("drivers.noTokens")} />}>
      {(items) => <IdTokenTable tokens={items} />}
    </ListPanel>
  );
}

export function DriverSessions({ driverId }: PartProps) {
  const { t } = useTranslation();
  const sessions = useInfiniteQuery(sessionsQuery({ driver_id: driverId }));
  return (
    <ListPanel query={sessions} empty={<Notice icon={IconPlug} title={t("drivers.noSessions")} />}>
      {(items) => <SessionTable label={t("drivers.tab.sessions")} sessions={items} columns={["station", "evse", "state", "started", "id_token", "energy", "duration", "cost"]} />}
    </ListPanel>
  );
}

export function DriverBookings({ driverId }: PartProps) {
  const { t } = useTranslation();
  const bookings = useInfiniteQuery(bookingsQuery({}, driverId));
  const places = useInfiniteQuery(placesQuery({}, driverId));
  return (
    <Stack gap="md">
      <ListPanel query={bookings} empty={<Notice icon={IconCalendarEvent} title={t("bookings.none")} />}>
        {(items) => <BookingTable bookings={items} />}
      </ListPanel>
      <ListPanel query={places} title={t("bookings.queue")} empty={<Notice icon={IconHourglassHigh} title={t("drivers.noPlaces")} />}>
        {(items) => <PlaceTable places={items} />}
      </ListPanel>
    </Stack>
  );
}

export function DriverPayments({ driverId }: PartProps) {
  const { t } = useTranslation();
  const payments = useInfiniteQuery(paymentsQuery(undefined, driverId));
  return (
    <ListPanel query={payments} empty={<Notice icon={IconReceipt} title={t("money.noPayments")} />}>
      {(items) => <PaymentTable payments={items} />}
    </ListPanel>
  );
}

export function DriverTickets({ driverId }: PartProps) {
  const { t } = useTranslation();
  const tickets = useInfiniteQuery(ticketsQuery({ driver: driverId, state: "all" }));
  return (
    <ListPanel query={tickets} empty={<Notice icon={IconLifebuoy} title={t("drivers.noTickets")} />}>
      {(items) => <TicketTable tickets={items} />}
    </ListPanel>
  );
}
