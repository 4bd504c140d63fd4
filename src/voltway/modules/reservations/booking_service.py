"""What people do with bookings. Who calls has asked what is to be asked (`survey`) and opened the transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from voltway.charging import tariffs
from voltway.charging.pricing import Cost, Tariff
from voltway.contracts.billing import FindTariffs, TariffQuery
from voltway.contracts.bookings import BookingFailed, BookingFeeCharged, BookingFeeWaived
from voltway.contracts.stations import DescribeLocation, EvseView, FindEvses
from voltway.contracts.users import DriverToken, FindDriverToken
from voltway.contracts.vocabulary import ConnectorStatus
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.errors import InvalidField
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.modules.reservations import booking, booking_store, booking_telling, holding
from voltway.modules.reservations.booking import Act, Place, Rules, Slot, State, Terms
from voltway.modules.reservations.errors import (
    BookingNotInState,
    LocationNotFound,
    NotBookable,
    RulesChanged,
    SlotTaken,
    TokenNeeded,
    TooManyBookings,
)


class Ground(NamedTuple):
    """What others say of a location. `tariff`: what its EVSEs cost, in OCPI's form, where it has one."""

    name: str
    zone: ZoneInfo
    evses: tuple[EvseView, ...]
    tariff: tariffs.Tariff | None


async def survey(runtime: Runtime, operator_id: str, location_id: str) -> Ground:
    """Ask what is to be known of a location. Raises LocationNotFound."""
    where = await runtime.ask(DescribeLocation(operator_id=operator_id, location_id=location_id))
    if where is None:
        raise LocationNotFound("There is no such location.")
    found = await runtime.ask(FindEvses(operator_id=operator_id, location_id=location_id))
    evses = tuple(found)
    return Ground(
        where.name, ZoneInfo(where.time_zone), evses, await _tariff_of(runtime, operator_id, location_id, evses)
    )


async def _tariff_of(
    runtime: Runtime, operator_id: str, location_id: str, evses: tuple[EvseView, ...]
) -> tariffs.Tariff | None:
    """The tariff of the location's first EVSE: the fee of a booking must be known before its EVSE is."""
    if not evses:
        return None
    query = TariffQuery(
        operator_id=operator_id,
        location_id=location_id,
        station_id=evses[0].station_id,
        evse_number=evses[0].evse_number,
    )
    nothing: list[Tariff | None] = [None]
    (found,) = await runtime.ask_or(FindTariffs(queries=(query,)), nothing)
    return None if found is None else found.full


async def token_of(runtime: Runtime, operator_id: str, account_id: str, id_token_id: str | None) -> DriverToken:
    """The token that a station is told. Raises TokenNeeded."""
    token = await runtime.ask(FindDriverToken(operator_id=operator_id, account_id=account_id, id_token_id=id_token_id))
    if token is None:
        raise TokenNeeded("Make a token for the app, or add a card that is good, first.")
    return token


def places_of(rules: Rules, evses: tuple[EvseView, ...], connector_type: str | None = None) -> list[Place]:
    """The EVSEs that can be booked, of those the ones with a connector that suits."""
    barred = {Place(*evse) for evse in rules.unbookable_evses}
    return [
        place
        for evse in evses
        if (place := Place(evse.station_id, evse.evse_number)) not in barred
        and evse.can_reserve
        and (connector_type is None or connector_type in evse.connector_types)
    ]


def fit_of(evses: Iterable[EvseView]) -> set[Place]:
    """The EVSEs that can charge and be told."""
    return {Place(one.station_id, one.evse_number) for one in evses if holding.is_fit(one)}


def ready_of(places: list[Place], evses: Iterable[EvseView], called: set[Place]) -> list[Place]:
    """Those of these EVSEs that could be held right now: free, and held for nobody of the queue."""
    ready = {
        Place(one.station_id, one.evse_number)
        for one in evses
        if holding.is_fit(one) and one.status == ConnectorStatus.AVAILABLE
    }
    return [place for place in places if place in ready - called]


# ---- making and changing


async def book(
    tx: Tx,
    ground: Ground,
    *,
    operator_id: str,
    location_id: str,
    account_id: str,
    token: DriverToken,
    slot: Slot,
    connector_type: str | None,
    rules_version: int,
) -> Any:
    """Book a slot; the row. The location is locked until the commit: of two who want the last EVSE one gets it.

    Raises NotBookable, RulesChanged, InvalidField, TooManyBookings, SlotTaken.
    """
    rules, terms, place = await _check(
        tx, ground, operator_id, location_id, slot, connector_type, rules_version, besides_id=None
    )
    if await booking_store.count_open(tx, operator_id, account_id) >= rules.open_max:
        raise TooManyBookings(f"At most {rules.open_max} bookings at a time.")
    state = State.REQUESTED if rules.confirms_by_hand else State.CONFIRMED
    row = await booking_store.add(
        tx,
        {
            "operator_id": operator_id,
            "location_id": location_id,
            "location_name": ground.name,
            "time_zone": ground.zone.key,
            "account_id": account_id,
            "id_token": token.value,
            "id_token_kind": token.kind,
            "group_value": token.group,
            **_values(ground, place, slot, connector_type, terms),
            "state": state.value,
        },
    )
    await booking_telling.tell(tx, row, state.value)
    return row


async def change(
    tx: Tx, ground: Ground, row: Any, *, slot: Slot, connector_type: str | None, rules_version: int
) -> Any:
    """Another slot for a booking, by the rules as they are now; the row. Possible as long as cancelling costs nothing.

    Raises BookingNotInState, and what `book` does.
    """
    if not may_change(row, clock.now()):
        raise BookingNotInState("It is too late to change it.")
    _, terms, place = await _check(
        tx, ground, row.operator_id, row.location_id, slot, connector_type, rules_version, besides_id=row.id
    )
    fresh = await booking_store.change(tx, row, **_values(ground, place, slot, connector_type, terms))
    await booking_telling.tell(tx, fresh, "changed")
    return fresh


def may_change(row: Any, now: datetime) -> bool:
    """Whether a booking can have another slot: as long as cancelling costs nothing, and the station was told nothing."""
    terms = booking_store.terms_of(row)
    is_early = row.starts_at - max(terms.hold, terms.free_cancel) > now
    return State(row.state) in (State.REQUESTED, *booking.WAITING) and is_early


async def _check(
    tx: Tx,
    ground: Ground,
    operator_id: str,
    location_id: str,
    slot: Slot,
    connector_type: str | None,
    rules_version: int,
    besides_id: str | None,
) -> tuple[Rules, Terms, Place]:
    """The rules, what holds for a booking, and the EVSE for it."""
    site = await booking_store.find_site(tx, operator_id, location_id, is_locked=True)
    rules = booking_store.rules_of(site)
    if site is None or not rules.is_bookable:
        raise NotBookable("Nothing can be booked here.")
    if site.version != rules_version:
        raise RulesChanged(f"The rules are of version {site.version} now.", rules_version=site.version)
    broken = booking.complaint(rules, slot, clock.now(), ground.zone)
    if broken is not None:
        raise InvalidField.at(f"$.{broken[0]}", broken[1])
    taken = await booking_store.taken(tx, location_id, _around(slot), besides_id)
    capacity = booking.capacity_of(rules, places_of(rules, ground.evses))
    suits = places_of(rules, ground.evses, connector_type)
    if slot.starts_at <= clock.now() + timedelta(minutes=rules.hold_minutes):  # it would be held at once
        suits = ready_of(suits, ground.evses, await booking_store.called_places(tx, location_id))
    sound = [place for place in suits if place in fit_of(ground.evses)]
    place = booking.choose(sound, taken, slot, capacity) or booking.choose(suits, taken, slot, capacity)
    if place is None:
        raise SlotTaken("No charging point that suits is free for all of this time.")
    terms = booking.terms_of(rules, site.version, ground.tariff, ground.zone, slot.starts_at)
    if place not in sound:  # it may be mended by then, but nobody books a broken one for the credit
        terms = msgspec.structs.replace(terms, failure_credit=None)
    return rules, terms, place


def _around(slot: Slot) -> Slot:
    """A slot with the neighbours that decide which EVSE takes it best."""
    return Slot(slot.starts_at - booking.NEIGHBOURHOOD, slot.ends_at + booking.NEIGHBOURHOOD)


def _values(ground: Ground, place: Place, slot: Slot, connector_type: str | None, terms: Terms) -> dict[str, Any]:
    (evse,) = [one for one in ground.evses if (one.station_id, one.evse_number) == place]
    return {
        "station_id": place.station_id,
        "station_identity": evse.station_identity,
        "evse_number": place.evse_number,
        "connector_type": connector_type,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "terms": msgspec.to_builtins(terms),
        "due_at": slot.starts_at - terms.hold,
    }


# ---- what happens to a booking


async def act(tx: Tx, row: Any, what: Act, **values: Any) -> Any:
    """Let something happen to a booking; the row as it is then. Raises BookingNotInState. The caller holds its location."""
    state = booking.after(State(row.state), what)
    if state is None:
        raise BookingNotInState(f"The booking is {row.state}.")
    # Whatever became of it, the worker looks: what a station holds is prolonged or let go.
    return await booking_store.change(tx, row, **{"state": state.value, "due_at": clock.now(), **values})


async def confirm(tx: Tx, row: Any) -> Any:
    """The operator agrees."""
    row = await act(tx, row, Act.CONFIRM)
    await booking_telling.tell(tx, row, "confirmed")
    return row


async def check_in(tx: Tx, row: Any) -> Any:
    """The driver is there. Raises BookingNotInState."""
    now = clock.now()
    if not row.starts_at - booking_store.terms_of(row).hold <= now < row.ends_at:
        raise BookingNotInState("Check in from when the charging point is kept for you to the end of your slot.")
    row = await act(tx, row, Act.CHECK_IN, checked_in_at=now)
    await booking_telling.tell(tx, row)
    return row


async def cancel(tx: Tx, row: Any) -> Any:
    """The driver does not want it; late, they owe what they were told."""
    was = State(row.state)
    row = await act(tx, row, Act.CANCEL)
    fee = booking.fee_of_cancelling(booking_store.terms_of(row), row.starts_at, clock.now())
    if was is State.REQUESTED or fee is None:
        await booking_telling.tell(tx, row, "cancelled")
        return row
    return await charge(tx, row, fee, "late_cancel", "cancelled")


async def cancel_for_driver(tx: Tx, row: Any, reason: str) -> Any:
    """The operator takes it back: nothing is owed."""
    row = await act(tx, row, Act.CANCEL, reason=reason)
    await booking_telling.tell(tx, row, "cancelled_by_operator")
    return row


async def fail(tx: Tx, row: Any, reason: str) -> Any:
    """No EVSE was left: nothing is owed, and the driver gets what the terms give."""
    credit = booking_store.terms_of(row).failure_credit
    row = await act(tx, row, Act.FAIL, reason=reason)
    tx.publish(
        BookingFailed(
            operator_id=row.operator_id,
            at=clock.now(),
            booking_id=row.id,
            location_id=row.location_id,
            account_id=row.account_id,
            credit=credit,
        )
    )
    await booking_telling.tell(tx, row, "failed", credit=credit)
    return row


async def miss(tx: Tx, row: Any) -> Any:
    """Nobody came within the grace."""
    row = await act(tx, row, Act.MISS)
    fee = booking_store.terms_of(row).no_show
    if fee is None:
        await booking_telling.tell(tx, row, "no_show")
        return row
    return await charge(tx, row, fee, "no_show", "no_show")


async def charge(tx: Tx, row: Any, fee: Cost, reason: str, occasion: str) -> Any:
    """A fee is owed."""
    fee_id = new_id()
    row = await booking_store.change(tx, row, fee_id=fee_id, fee=msgspec.to_builtins(fee), fee_reason=reason)
    tx.publish(BookingFeeCharged(**_fee_fact(row, fee, reason)))
    await booking_telling.tell(tx, row, occasion, fee=fee)
    return row


async def waive(tx: Tx, row: Any, reason: str) -> Any:
    """The fee is owed no more. Raises BookingNotInState where none is owed."""
    fee = fee_of(row)
    if fee is None or row.fee_waived_at is not None:
        raise BookingNotInState("No fee is owed for this booking.")
    row = await booking_store.change(tx, row, fee_waived_at=clock.now())
    tx.publish(BookingFeeWaived(**_fee_fact(row, fee, reason)))
    return row


def fee_of(row: Any) -> Cost | None:
    """What was charged for a booking, waived or not."""
    return None if row.fee is None else msgspec.convert(row.fee, Cost, strict=False)


def _fee_fact(row: Any, fee: Cost, reason: str) -> dict[str, Any]:
    return {
        "operator_id": row.operator_id,
        "at": clock.now(),
        "fee_id": row.fee_id,
        "booking_id": row.id,
        "location_id": row.location_id,
        "cost": fee,
        "reason": reason,
        "payer_id": row.account_id,
    }


def until_of(row: Any) -> datetime:
    """How long an EVSE is kept for a driver who is late."""
    slot = booking_store.slot_of(row)
    return min(slot.starts_at + booking_store.terms_of(row).grace, slot.ends_at)
