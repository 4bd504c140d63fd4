import { Grid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import type { StaffBooking } from "@voltway/api";
import { ActionButton, Facts, PageHeader, Panel } from "@voltway/ui";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { AnchorLink } from "../../shared/links.tsx";
import { QueryView } from "../../shared/QueryView.tsx";
import { ReasonDialog } from "../../shared/ReasonDialog.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { DriverLink } from "../drivers/DriverLink.tsx";
import { bookingQuery, useCancelBooking, useConfirmBooking, useWaiveFee } from "./api.ts";
import { BookingStatePill } from "./pills.tsx";

/** One booking: what was agreed, what became of it, and what the operator can do about it. */
export function BookingPage() {
  const { bookingId } = useParams({ from: "/shell/bookings/$bookingId" });
  const booking = useQuery(bookingQuery(bookingId));
  return <QueryView query={booking}>{(data) => <BookingView booking={data} />}</QueryView>;
}

type Fact = [string, ReactNode];

function BookingView({ booking }: { booking: StaffBooking }) {
  const { t } = useTranslation();
  const format = useFormat();
  const money = (amount: { minor: number; currency: string } | null) => (amount === null ? format.unknown : format.money(amount));
  const what: Fact[] = [
    [t("bookings.location"), booking.location_name],
    [t("bookings.station"), <AnchorLink key="station" {...paths.station(booking.station_id)}>{booking.station_identity}</AnchorLink>],
    [t("bookings.evse"), booking.evse_number],
    [t("bookings.begins"), format.dateTime(booking.starts_at)],
    [t("bookings.ends"), format.dateTime(booking.ends_at)],
    [t("bookings.token"), booking.id_token],
    [t("bookings.made"), format.dateTime(booking.created_at)],
  ];
  if (booking.account_id) what.push([t("bookings.driver"), <DriverLink key="driver" driverId={booking.account_id} otherwise={format.unknown}>{t("bookings.openDriver")}</DriverLink>]);
  if (booking.session_id) what.push([t("bookings.session"), <AnchorLink key="session" {...paths.session(booking.session_id)}>{t("stations.openSession")}</AnchorLink>]);
  if (booking.checked_in_at) what.push([t("bookings.checkedIn"), format.dateTime(booking.checked_in_at)]);
  if (booking.reason) what.push([t("bookings.reason"), booking.reason]);
  const terms: Fact[] = [
    [t("bookings.heldFrom"), format.dateTime(booking.held_from)],
    [t("bookings.keptUntil"), format.dateTime(booking.kept_until)],
    [t("bookings.freeUntil"), format.dateTime(booking.free_cancel_until)],
    [t("bookings.lateFee"), money(booking.late_cancel_fee)],
    [t("bookings.noShowFee"), money(booking.no_show_fee)],
    [t("bookings.credit"), money(booking.failure_credit)],
  ];
  if (booking.fee) terms.push([t("bookings.fee"), `${format.money(booking.fee.amount)}${booking.fee.is_waived ? ` (${t("bookings.feeWaived")})` : ""}`]);
  return (
    <Stack gap="md">
      <PageHeader
        above={<AnchorLink {...paths.bookings()}>← {t("bookings.title")}</AnchorLink>}
        title={t("bookings.titleOf", { location: booking.location_name, time: format.dateTime(booking.starts_at) })}
        marks={<BookingStatePill state={booking.state} />}
        actions={<Actions booking={booking} />}
      />
      <Grid>
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Panel title={t("bookings.booking")}>
            <Facts rows={what} />
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Panel title={t("bookings.terms")}>
            <Facts rows={terms} />
          </Panel>
        </Grid.Col>
      </Grid>
    </Stack>
  );
}

function Actions({ booking }: { booking: StaffBooking }) {
  const { t } = useTranslation();
  const mayOrder = useRefusal("reservations:write");
  const mayWaive = useRefusal("refunds:write");
  const [asked, setAsked] = useState<"cancel" | "waive" | null>(null);
  const confirm = useConfirmBooking(booking.id);
  const cancel = useCancelBooking(booking.id);
  const waive = useWaiveFee(booking.id);
  const close = () => {
    setAsked(null);
  };
  const change = asked === "waive" ? waive : cancel;
  return (
    <>
      {booking.state === "requested" && (
        <ActionButton
          disabledReason={mayOrder}
          loading={confirm.isPending}
          onClick={() => {
            confirm.mutate();
          }}
        >
          {t("bookings.confirm")}
        </ActionButton>
      )}
      {booking.fee && !booking.fee.is_waived && (
        <ActionButton
          variant="default"
          disabledReason={mayWaive}
          onClick={() => {
            setAsked("waive");
          }}
        >
          {t("bookings.waive")}
        </ActionButton>
      )}
      <ActionButton
        variant="default"
        disabledReason={mayOrder ?? (booking.can_cancel ? undefined : t("bookings.isOver"))}
        onClick={() => {
          setAsked("cancel");
        }}
      >
        {t("bookings.cancel")}
      </ActionButton>
      {asked && (
        <ReasonDialog
          title={t(`bookings.${asked}`)}
          text={<Text size="sm">{t(`bookings.${asked}Text`)}</Text>}
          submitLabel={t(`bookings.${asked}`)}
          isPending={change.isPending}
          error={change.error}
          onClose={close}
          onSubmit={(reason) => {
            change.mutate(reason, { onSuccess: close });
          }}
        />
      )}
    </>
  );
}
