"""What is said about bookings of time slots and about queues: what became of them, what is owed for them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from voltway.charging.pricing import Cost
from voltway.kernel.bus.asks import Ask
from voltway.kernel.bus.event import Event
from voltway.kernel.money import Money


class BookingChanged(Event, frozen=True, kw_only=True, gc=False):
    """A booking was made, changed, or has another state. `state`: requested, confirmed, moved, checked_in, charging, completed,
    cancelled, no_show, failed. `reason`: a word, where there is one."""

    booking_id: str
    location_id: str
    station_id: str
    station_identity: str
    evse_number: int
    account_id: str | None
    starts_at: datetime
    ends_at: datetime
    state: str
    reason: str | None = None

    def key(self) -> str:
        return self.booking_id


class _BookingFee(Event, frozen=True, kw_only=True, gc=False):
    """A fact may come twice: `fee_id` makes it one."""

    fee_id: str
    booking_id: str
    location_id: str
    cost: Cost
    reason: str
    payer_id: str | None = None

    def key(self) -> str:
        return self.booking_id


class BookingFeeCharged(_BookingFee, frozen=True, kw_only=True, gc=False):
    """A driver owes a fee for a booking. `reason`: no_show, late_cancel."""


class BookingFeeWaived(_BookingFee, frozen=True, kw_only=True, gc=False):
    """A fee is owed no more: all of it is taken back."""


class BookingFailed(Event, frozen=True, kw_only=True, gc=False):
    """We could not keep a booking. `credit`: what the rules give the driver for it, as money in their wallet; None: nothing."""

    booking_id: str
    location_id: str
    account_id: str | None
    credit: Money | None = None

    def key(self) -> str:
        return self.booking_id


class QueuePlaceChanged(Event, frozen=True, kw_only=True, gc=False):
    """A place in a queue was taken, or has another state: waiting, called, snoozed, served, expired, left. The EVSE is the one that
    is held for a person who is called."""

    queue_place_id: str
    location_id: str
    account_id: str | None
    state: str
    station_id: str | None = None
    evse_number: int | None = None
    hold_until: datetime | None = None

    def key(self) -> str:
        return self.queue_place_id


class PublicQueue(msgspec.Struct, frozen=True, kw_only=True):
    """What anybody may know of a location: whether it can be booked, and how many people wait there (None: it has no queue)."""

    is_bookable: bool
    queue_length: int | None


class FindPublicQueues(Ask[dict[str, PublicQueue]], frozen=True, kw_only=True):
    """Of these locations; those without rules are left out."""

    location_ids: tuple[str, ...]


class PassHold(Ask[None], frozen=True, kw_only=True):
    """A driver is about to charge with another token than the one that they have booked, or wait, with: what they pay with. What is
    held for them there is held for that one from now on, and whoever charges with it is they."""

    operator_id: str
    account_id: str
    location_id: str
    station_id: str
    evse_number: int
    id_token: str
    id_token_kind: str


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """How long an EVSE was held for whoever charges there now: from the start of the slot, or from the reservation, to the start of
    the session."""

    start: datetime
    end: datetime


class FindHeldBefore(Ask[dict[str, Held]], frozen=True, kw_only=True):
    """For which of these sessions their EVSE was held before: session -> how long. Each with its station and its start."""

    sessions: tuple[tuple[str, str, datetime], ...]
