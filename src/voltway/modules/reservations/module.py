"""Reservations: an EVSE is held for a driver, booked for a time, or waited for.

Owns: reservations, each with the number that its station knows it by; the rules by which locations are booked and queued at,
bookings of time slots, places in queues (docs/reservations.md). Records (batch): `ReportReservation` (answers to
`reserve_now` and `cancel_reservation`, ReservationStatusUpdate of 2.x). Answers: `ClaimReservation`, `FindReservation` for
orders that are about to be sent, `FindHeldBefore` (for the price), `PassHold` (a driver pays with a token of their payment),
`FindPersonalReservations`, `FindPersonalBookings`, `FindPublicQueues`. Asks: `SendCommand`,
`FindStationSettings`, `FindEvses`, `DescribeLocation`, `LocationExists` of stations, `AuthorizeTokens`, `FindDriverToken` of users,
`FindTariffs` of billing.

Listens to: `ReservationMet` (a transaction named it), `ConnectorStatusChanged` (an EVSE stands reserved), `LinkOpened`,
`AccountErased` (a person's reservations name nobody), `ReservationNotTold` (the station was offline), `StationChanged`,
`SessionStarted` (whoever has booked or waits is there) and `SessionEnded`. Publishes: `ReservationChanged`, `BookingChanged`,
`BookingFeeCharged`, `BookingFeeWaived`, `BookingFailed`, `QueuePlaceChanged`, `MailWanted`, `PushWanted`. Jobs tell stations of what is due, end
what has run out, keep bookings and call people up.

Whoever hands out an EVSE of a location, to a booking or to somebody who waits, locks the location's row in `reservations_sites`
first: that is all that keeps two from getting the same. What may happen to a booking or a place stands in the tables of booking.py
and queueing.py, which are pure; stations are told after the commit.
"""

from voltway.contracts.access import (
    ClaimReservation,
    FindReservation,
    ReportReservation,
    ReservationChanged,
    ReservationMet,
    ReservationNotTold,
)
from voltway.contracts.accounts import AccountErased, FindPersonalBookings, FindPersonalReservations
from voltway.contracts.bookings import (
    BookingChanged,
    BookingFailed,
    BookingFeeCharged,
    BookingFeeWaived,
    FindHeldBefore,
    FindPublicQueues,
    PassHold,
    QueuePlaceChanged,
)
from voltway.contracts.notify import MailWanted, PushWanted
from voltway.contracts.sessions import SessionEnded, SessionStarted
from voltway.contracts.station_link import LinkOpened, ReportNotRecorded
from voltway.contracts.stations import ConnectorStatusChanged, StationChanged
from voltway.kernel.module import Job, Manifest
from voltway.modules.reservations import (
    api,
    booking_admin_api,
    booking_api,
    booking_work,
    handlers,
    held,
    passing,
    people,
    queue_api,
    queue_work,
    sending,
)

MANIFEST = Manifest(
    name="reservations",
    answers={
        ClaimReservation: handlers.claim,
        FindReservation: handlers.find,
        FindHeldBefore: held.find_held_before,
        FindPersonalReservations: people.find_personal_reservations,
        FindPersonalBookings: people.find_personal_bookings,
        FindPublicQueues: queue_work.find_public,
        PassHold: passing.pass_hold,
    },
    batches={ReportReservation: handlers.ReservationHandler},
    listens={
        ReservationMet: handlers.on_met,
        ReservationNotTold: handlers.on_not_told,
        ConnectorStatusChanged: handlers.on_connector_status,
        LinkOpened: handlers.on_link_opened,
        StationChanged: handlers.on_station_changed,
        SessionStarted: handlers.on_session_started,
        SessionEnded: handlers.on_session_ended,
        AccountErased: people.on_account_erased,
    },
    publishes=(
        ReservationChanged,
        ReportNotRecorded,
        BookingChanged,
        BookingFeeCharged,
        BookingFeeWaived,
        BookingFailed,
        QueuePlaceChanged,
        MailWanted,
        PushWanted,
    ),
    routes=lambda: (api.router, booking_api.router, queue_api.router, booking_admin_api.router),
    jobs=(
        Job("due", 1.0, sending.send_due),
        Job("expiry", 1.0, sending.expire),
        Job("bookings", 1.0, booking_work.keep_due),
        Job("queues", 1.0, queue_work.work_due),
    ),
)
