"""Bookings, their rules and queues as the API shows and takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

import msgspec
from pydantic import AfterValidator, Field, model_validator

from voltway.charging.pricing import Cost
from voltway.kernel import clock
from voltway.kernel.http import Instant, Schema
from voltway.kernel.http.schema import MoneyOut
from voltway.modules.reservations import booking, booking_service, booking_store, queueing
from voltway.modules.reservations.booking import Act, Offer, Rules, State, Terms
from voltway.modules.reservations.schemas import EVSE_NUMBER_MAX

Reason = Annotated[str, AfterValidator(str.strip), Field(min_length=1, max_length=500)]
Fee = Annotated[int, Field(ge=0, le=100_000_000, description="minor units, incl. VAT; 0: none")]
ConnectorType = Annotated[str, Field(min_length=1, max_length=40)]

# ---- rules


class BookingEvse(Schema):
    """An EVSE."""

    station_id: str = Field(min_length=1, max_length=36)
    evse_number: int = Field(ge=1, le=EVSE_NUMBER_MAX)


class BookingRulesIn(Schema):
    """How a location is booked and queued at. The defaults are those of a location of which nothing was said: neither is possible."""

    is_bookable: bool = False
    confirms_by_hand: bool = Field(default=False, description="somebody of the operator confirms each booking")
    slot_step_minutes: Literal[5, 10, 15, 20, 30, 60] = 15
    length_min_minutes: int = Field(default=15, ge=5, le=1440)
    length_max_minutes: int = Field(default=240, ge=5, le=1440)
    lead_minutes: int = Field(default=0, ge=0, le=7 * 1440, description="so long ahead a slot is booked at the latest")
    horizon_days: int = Field(default=14, ge=1, le=365)
    hold_minutes: int = Field(default=10, ge=1, le=120, description="so long before its slot the EVSE is held")
    grace_minutes: int = Field(default=15, ge=1, le=240, description="so long it is kept for somebody who is late")
    open_max: int = Field(default=2, ge=1, le=50, description="open bookings of one driver, at all locations")
    free_cancel_minutes: int = Field(default=60, ge=0, le=14 * 1440)
    walk_in_evses: int = Field(default=0, ge=0, le=1000, description="so many EVSEs are left to whoever comes by")
    unbookable_evses: list[BookingEvse] = Field(default=[], max_length=500)
    currency: str = Field(default="EUR", pattern="^[A-Z]{3}$")
    vat_percent: Decimal = Field(default=Decimal(0), ge=0, le=100, max_digits=6, decimal_places=3)
    no_show_fee_minor: Fee = 0
    late_cancel_fee_minor: Fee = 0
    failure_credit_minor: Fee = 0
    has_queue: bool = False
    queue_hold_minutes: int = Field(default=10, ge=1, le=60, description="so long an EVSE is held on a call-up")
    queue_snooze_minutes: int = Field(default=15, ge=1, le=240)
    queue_snoozes_max: int = Field(default=2, ge=0, le=20)
    queue_max: int = Field(default=50, ge=1, le=1000)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.length_max_minutes < self.length_min_minutes:
            raise ValueError("length_max_minutes must not be less than length_min_minutes")
        if self.length_max_minutes < self.slot_step_minutes:
            raise ValueError("length_max_minutes must hold a step")
        if self.lead_minutes > self.horizon_days * 1440:
            raise ValueError("lead_minutes must lie within horizon_days")
        return self

    def rules(self) -> Rules:
        """As they are kept."""
        return msgspec.convert(self.model_dump(exclude={"unbookable_evses"}), Rules, strict=False).with_barred(
            (one.station_id, one.evse_number) for one in self.unbookable_evses
        )


class BookingRulesOut(BookingRulesIn):
    """The rules of a location. `version` 0: nothing was said yet."""

    location_id: str
    version: int
    updated_at: Instant | None


def rules_out(location_id: str, site: Any | None) -> BookingRulesOut:
    """The rules of a location."""
    rules = booking_store.rules_of(site)
    fields = {name: getattr(rules, name) for name in BookingRulesIn.model_fields if name != "unbookable_evses"}
    barred = [BookingEvse(station_id=station, evse_number=number) for station, number in rules.unbookable_evses]
    return BookingRulesOut(
        **fields,
        unbookable_evses=barred,
        location_id=location_id,
        version=0 if site is None else site.version,
        updated_at=None if site is None else site.updated_at,
    )


class BookingOfferOut(Schema):
    """What a driver reads before they book: what is possible, until when cancelling is free, what is due if they do not come.
    `rules_version` goes with the booking, so that nobody books by rules that they have not seen."""

    location_id: str
    location_name: str
    time_zone: str
    is_bookable: bool
    confirms_by_hand: bool
    rules_version: int
    slot_step_minutes: int
    length_min_minutes: int
    length_max_minutes: int
    lead_minutes: int
    horizon_days: int
    hold_minutes: int
    grace_minutes: int
    open_max: int
    free_cancel_minutes: int
    no_show_fee: MoneyOut | None
    late_cancel_fee: MoneyOut | None
    failure_credit: MoneyOut | None
    connector_types: list[str]
    evse_count: int
    has_queue: bool
    queue_length: int | None
    queue_hold_minutes: int
    queue_snooze_minutes: int
    queue_snoozes_max: int


def offer_out(location_id: str, ground: booking_service.Ground, site: Any | None, length: int) -> BookingOfferOut:
    """What a driver reads."""
    rules = booking_store.rules_of(site)
    version = 0 if site is None else site.version
    terms = booking.terms_of(rules, version, ground.tariff, ground.zone, clock.now())
    of_rules = set(BookingOfferOut.model_fields) & set(Rules.__struct_fields__)
    places = set(booking_service.places_of(rules, ground.evses))
    types = {
        word for one in ground.evses if (one.station_id, one.evse_number) in places for word in one.connector_types
    }
    return BookingOfferOut(
        **{name: getattr(rules, name) for name in of_rules},
        **fees_of(terms),
        location_id=location_id,
        location_name=ground.name,
        time_zone=ground.zone.key,
        rules_version=version,
        connector_types=sorted(types),
        evse_count=booking.capacity_of(rules, sorted(places)),
        queue_length=length if rules.has_queue else None,
    )


def fees_of(terms: Terms) -> dict[str, Any]:
    """The money that terms speak of, incl. VAT."""
    return {
        "no_show_fee": _fee(terms.no_show),
        "late_cancel_fee": _fee(terms.late_cancel),
        "failure_credit": None if terms.failure_credit is None else MoneyOut.of(terms.failure_credit),
    }


def _fee(cost: Cost | None) -> MoneyOut | None:
    return None if cost is None else MoneyOut.of(cost.incl_vat)


# ---- the calendar


class BookingSlotOut(Schema):
    """A slot that could be booked, and how many EVSEs are free for all of it. `local`: its start by the location's clock."""

    starts_at: Instant
    ends_at: Instant
    local: str
    free: int


class BookingCalendarOut(Schema):
    """The slots of one length that begin within a time; those that nobody could book by the rules are left out."""

    location_id: str
    time_zone: str
    rules_version: int
    length_minutes: int
    capacity: int
    slots: list[BookingSlotOut]


def slots_out(offers: Iterable[Offer], zone: ZoneInfo) -> list[BookingSlotOut]:
    """Slots, with the location's clock beside them."""
    return [
        BookingSlotOut(
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            local=one.starts_at.astimezone(zone).isoformat(timespec="minutes"),
            free=one.free,
        )
        for one in offers
    ]


# ---- bookings


class BookingSlotIn(Schema):
    """Another slot for a booking."""

    starts_at: Instant
    ends_at: Instant
    connector_type: ConnectorType | None = Field(default=None, description="that the EVSE must have; null: any")
    rules_version: int = Field(ge=0, description="of the rules that the driver was shown")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be after starts_at")
        return self


class BookingIn(BookingSlotIn):
    """A slot that a driver wants."""

    location_id: str = Field(min_length=1, max_length=36)
    id_token_id: str | None = Field(default=None, max_length=36, description="one's own; null: the one usually used")


class BookingReason(Schema):
    """Why the operator does it; the driver reads it."""

    reason: Reason


class BookingFeeOut(Schema):
    """What is owed for a booking, or was. `reason`: no_show, late_cancel."""

    amount: MoneyOut
    reason: str
    is_waived: bool


class BookingOut(Schema):
    """A booking. The EVSE is kept from `held_from` to `kept_until`; cancelling is free until `free_cancel_until`. `can_…`: what its
    driver can do now."""

    id: str
    location_id: str
    location_name: str
    time_zone: str
    station_id: str
    station_identity: str
    evse_number: int
    connector_type: str | None
    starts_at: Instant
    ends_at: Instant
    state: State
    reason: str | None
    held_from: Instant
    kept_until: Instant
    free_cancel_until: Instant
    no_show_fee: MoneyOut | None
    late_cancel_fee: MoneyOut | None
    failure_credit: MoneyOut | None
    fee: BookingFeeOut | None
    checked_in_at: Instant | None
    session_id: str | None
    can_check_in: bool
    can_change: bool
    can_cancel: bool
    revision: int
    created_at: Instant
    updated_at: Instant


class StaffBookingOut(BookingOut):
    """A booking with whose it is."""

    account_id: str | None
    id_token: str


def booking_out(row: Any) -> BookingOut:
    """A row of reservations_bookings as its driver sees it."""
    return BookingOut(**_fields(row))


def staff_booking_out(row: Any, shown: Callable[[str], str]) -> StaffBookingOut:
    """A row of reservations_bookings as the operator's people see it."""
    return StaffBookingOut(**_fields(row), account_id=row.account_id, id_token=shown(row.id_token))


_COMPUTED = {"state", "held_from", "kept_until", "free_cancel_until", "fee", "can_check_in", "can_change", "can_cancel"}
_COMPUTED |= {"no_show_fee", "late_cancel_fee", "failure_credit"}


def _fields(row: Any) -> dict[str, Any]:
    terms, state, now = booking_store.terms_of(row), State(row.state), clock.now()
    fee = booking_service.fee_of(row)
    return {
        **{name: getattr(row, name) for name in BookingOut.model_fields if name not in _COMPUTED},
        **fees_of(terms),
        "state": state,
        "held_from": row.starts_at - terms.hold,
        "kept_until": booking_service.until_of(row),
        "free_cancel_until": row.starts_at - terms.free_cancel,
        "fee": None
        if fee is None
        else BookingFeeOut(
            amount=MoneyOut.of(fee.incl_vat), reason=row.fee_reason, is_waived=row.fee_waived_at is not None
        ),
        "can_check_in": booking.after(state, Act.CHECK_IN) is not None
        and row.starts_at - terms.hold <= now < row.ends_at,
        "can_change": booking_service.may_change(row, now),
        "can_cancel": booking.after(state, Act.CANCEL) is not None,
    }


# ---- queues


class QueuePlaceIn(Schema):
    """A place at the end of a location's queue."""

    location_id: str = Field(min_length=1, max_length=36)
    id_token_id: str | None = Field(default=None, max_length=36, description="one's own; null: the one usually used")
    connector_type: ConnectorType | None = None


class QueuePlaceOut(Schema):
    """A place in a queue. Called: the EVSE is held until `until`. Snoozed: others pass until then. `ahead`: people before."""

    id: str
    location_id: str
    location_name: str
    time_zone: str
    state: queueing.State
    reason: str | None
    ahead: int | None
    connector_type: str | None
    station_id: str | None
    station_identity: str | None
    evse_number: int | None
    until: Instant | None
    snoozes: int
    session_id: str | None
    joined_at: Instant
    updated_at: Instant


class StaffQueuePlaceOut(QueuePlaceOut):
    """A place with whose it is."""

    account_id: str | None
    id_token: str


_OF_EVSE = ("station_id", "station_identity", "evse_number", "until")


def queue_place_out(row: Any, ahead: int) -> QueuePlaceOut:
    """A row of reservations_queue_places as its person sees it."""
    return QueuePlaceOut(**_place_fields(row, ahead))


def staff_queue_place_out(row: Any, ahead: int, shown: Callable[[str], str]) -> StaffQueuePlaceOut:
    """A row of reservations_queue_places as the operator's people see it."""
    return StaffQueuePlaceOut(**_place_fields(row, ahead), account_id=row.account_id, id_token=shown(row.id_token))


def _place_fields(row: Any, ahead: int) -> dict[str, Any]:
    state = queueing.State(row.state)
    fields = {name: getattr(row, name) for name in QueuePlaceOut.model_fields if name not in ("state", "ahead")}
    if state is queueing.State.CALLED and not row.is_told:  # the station is being asked; it may say no
        state, fields = queueing.State.WAITING, {**fields, **dict.fromkeys(_OF_EVSE)}
    return {**fields, "state": state, "ahead": ahead if state in queueing.OPEN else None}
