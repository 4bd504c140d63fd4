"""Reservations: an EVSE is held for a driver.

Owns: reservations, each with the number that its station knows it by. Records (batch): `ReportReservation` (answers to
`reserve_now` and `cancel_reservation`, ReservationStatusUpdate of 2.x). Answers: `ClaimReservation`, `FindReservation` for
orders that are about to be sent. Asks: `SendCommand`, `FindStationSettings` of stations, `AuthorizeTokens` of users.

Listens to: `ReservationMet` (a transaction named it), `ConnectorStatusChanged` (an EVSE stands reserved), `LinkOpened`.
Publishes: `ReservationChanged`. Jobs tell stations of what is due, and end what has run out.
"""

from voltway.contracts.access import (
    ClaimReservation,
    FindReservation,
    ReportReservation,
    ReservationChanged,
    ReservationMet,
)
from voltway.contracts.station_link import LinkOpened
from voltway.contracts.stations import ConnectorStatusChanged
from voltway.kernel.module import Job, Manifest
from voltway.modules.reservations import api, handlers, sending

MANIFEST = Manifest(
    name="reservations",
    answers={ClaimReservation: handlers.claim, FindReservation: handlers.find},
    batches={ReportReservation: handlers.ReservationHandler},
    listens={
        ReservationMet: handlers.on_met,
        ConnectorStatusChanged: handlers.on_connector_status,
        LinkOpened: handlers.on_link_opened,
    },
    publishes=(ReservationChanged,),
    routes=lambda: (api.router,),
    jobs=(Job("due", 1.0, sending.send_due), Job("expiry", 1.0, sending.expire)),
)
