import { Link } from "@tanstack/react-router";
import type { StaffBooking } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { DataTable } from "../../shared/DataTable.tsx";
import { LinkedRow } from "../../shared/LinkedRow.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { BookingStatePill } from "./pills.tsx";

export function BookingTable({ bookings }: { bookings: StaffBooking[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <DataTable
      label={t("bookings.title")}
      columns={[
        { label: t("bookings.begins") },
        { label: t("bookings.ends") },
        { label: t("bookings.stateLabel") },
        { label: t("bookings.location") },
        { label: t("bookings.evse") },
        { label: t("bookings.token") },
      ]}
    >
      {bookings.map((booking) => (
        <LinkedRow key={booking.id}>
          <td>
            <Link {...paths.booking(booking.id)}>{format.dateTime(booking.starts_at)}</Link>
          </td>
          <td>{format.dateTime(booking.ends_at)}</td>
          <td>
            <BookingStatePill state={booking.state} />
          </td>
          <td>{booking.location_name}</td>
          <td>
            {booking.station_identity} · {booking.evse_number}
          </td>
          <td>{booking.id_token}</td>
        </LinkedRow>
      ))}
    </DataTable>
  );
}
