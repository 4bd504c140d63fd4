"""Bookings of a time slot: which state leads where, what may be booked, which EVSE takes it, and what is due when. Pure.

    requested -> confirmed -> (moved) -> checked_in | charging -> completed
                                      -> cancelled | no_show | failed

requested: a person of the operator has to confirm it; it keeps its place meanwhile. moved: at another EVSE than before.
failed: no EVSE was left to keep it; nothing is owed, and the driver has a credit where the rules give one.

A slot is half open: one that ends at noon and one that begins at noon do not meet. A booking has an EVSE from the start, so the
capacity of a location can be counted, and holds; which one it is may change until the driver is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from voltway.charging import tariffs
from voltway.charging.pricing import Cost, price_usage
from voltway.charging.tariffs import Dimension, ReservationRule, Taxes
from voltway.charging.usage import Reservation, Usage
from voltway.kernel.money import Money


class State(StrEnum):
    """Where a booking is. The last four are ends."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    MOVED = "moved"
    CHECKED_IN = "checked_in"
    CHARGING = "charging"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    FAILED = "failed"


class Act(StrEnum):
    """What happens to a booking."""

    CONFIRM = "confirm"
    MOVE = "move"
    CHECK_IN = "check_in"
    START = "start"
    FINISH = "finish"
    CANCEL = "cancel"
    MISS = "miss"
    FAIL = "fail"


S, A = State, Act
WAITING = (S.CONFIRMED, S.MOVED)
"""The driver is not there yet."""
OPEN = frozenset({S.REQUESTED, *WAITING, S.CHECKED_IN, S.CHARGING})
"""It takes up its EVSE for its slot."""

TRANSITIONS: Mapping[tuple[State, Act], State] = {
    (S.REQUESTED, A.CONFIRM): S.CONFIRMED,
    (S.REQUESTED, A.MOVE): S.REQUESTED,
    (S.REQUESTED, A.CANCEL): S.CANCELLED,
    (S.REQUESTED, A.FAIL): S.FAILED,
    **{(state, A.MOVE): S.MOVED for state in WAITING},
    **{(state, A.CHECK_IN): S.CHECKED_IN for state in WAITING},
    **{(state, A.START): S.CHARGING for state in (*WAITING, S.CHECKED_IN)},
    **{(state, A.CANCEL): S.CANCELLED for state in (*WAITING, S.CHECKED_IN)},
    **{(state, A.MISS): S.NO_SHOW for state in WAITING},
    **{(state, A.FAIL): S.FAILED for state in (*WAITING, S.CHECKED_IN, S.CHARGING)},
    # A driver who is there already, and whose EVSE fails, goes on at another one.
    (S.CHECKED_IN, A.MOVE): S.CHECKED_IN,
    (S.CHARGING, A.MOVE): S.CHECKED_IN,
    **{(state, A.FINISH): S.COMPLETED for state in (S.CHECKED_IN, S.CHARGING)},
}
"""Everything that can happen; what is not in it cannot."""


def after(state: State, act: Act) -> State | None:
    """The state after something has happened; None: it cannot happen to a booking in this state."""
    return TRANSITIONS.get((state, act))


# ---- what an operator says of a location


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """How a location is booked and queued at. Prices are minor units incl. VAT."""

    is_bookable: bool = False
    confirms_by_hand: bool = False
    slot_step_minutes: int = 15
    length_min_minutes: int = 15
    length_max_minutes: int = 240
    lead_minutes: int = 0
    horizon_days: int = 14
    hold_minutes: int = 10
    grace_minutes: int = 15
    open_max: int = 2
    free_cancel_minutes: int = 60
    walk_in_evses: int = 0
    unbookable_evses: tuple[tuple[str, int], ...] = ()
    currency: str = "EUR"
    vat_percent: Decimal = Decimal(0)
    no_show_fee_minor: int = 0
    late_cancel_fee_minor: int = 0
    failure_credit_minor: int = 0
    has_queue: bool = False
    queue_hold_minutes: int = 10
    queue_snooze_minutes: int = 15
    queue_snoozes_max: int = 2
    queue_max: int = 50

    def with_barred(self, evses: Iterable[tuple[str, int]]) -> Rules:
        """The same, with other EVSEs that cannot be booked."""
        return msgspec.structs.replace(self, unbookable_evses=tuple(sorted(set(evses))))


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a driver was shown before they booked, and what holds for this booking whatever the rules become."""

    rules_version: int
    hold_minutes: int
    grace_minutes: int
    free_cancel_minutes: int
    no_show: Cost | None = None
    late_cancel: Cost | None = None
    failure_credit: Money | None = None

    @property
    def hold(self) -> timedelta:
        """So long before its slot the EVSE is held."""
        return timedelta(minutes=self.hold_minutes)

    @property
    def grace(self) -> timedelta:
        """So long after the start of its slot the EVSE is kept for a driver who is late."""
        return timedelta(minutes=self.grace_minutes)

    @property
    def free_cancel(self) -> timedelta:
        """So long before its slot cancelling costs nothing."""
        return timedelta(minutes=self.free_cancel_minutes)


def terms_of(rules: Rules, version: int, tariff: tariffs.Tariff | None, zone: ZoneInfo, starts_at: datetime) -> Terms:
    """What holds for a booking that starts then. Where the tariff of the place has prices for reservations that nobody uses,
    those are the fee, for the time that the EVSE is kept (T: start to the end of the grace); else the fee of the rules."""
    until = starts_at + timedelta(minutes=rules.grace_minutes)
    usage = Usage(
        start=starts_at,
        periods=(),
        zone=zone,
        reservation=Reservation(start=starts_at, end=until, is_expired=True),
    )
    if not prices_no_show(tariff):
        tariff = flat_fee(rules, rules.no_show_fee_minor)
    return Terms(
        rules_version=version,
        hold_minutes=rules.hold_minutes,
        grace_minutes=rules.grace_minutes,
        free_cancel_minutes=rules.free_cancel_minutes,
        no_show=None if tariff is None else _owed(price_usage(tariff, usage)),
        late_cancel=None
        if (late := flat_fee(rules, rules.late_cancel_fee_minor)) is None
        else _owed(price_usage(late, usage)),
        failure_credit=Money(rules.failure_credit_minor, rules.currency) if rules.failure_credit_minor else None,
    )


def prices_no_show(tariff: tariffs.Tariff | None) -> bool:
    """Whether a tariff says what a reservation costs that nobody uses (OCPI: RESERVATION_EXPIRES)."""
    return tariff is not None and any(
        element.restrictions.reservation is ReservationRule.EXPIRED for element in tariff.elements
    )


def flat_fee(rules: Rules, minor: int) -> tariffs.Tariff | None:
    """A fee as a tariff, so that one machine prices everything; None for no fee."""
    if not minor:
        return None
    price = Money(minor, rules.currency).to_decimal()
    flat = tariffs.Component(dimension=Dimension.FLAT, price=price, vat_percent=rules.vat_percent)
    expired = tariffs.Restrictions(reservation=ReservationRule.EXPIRED)
    element = tariffs.Element(components=(flat,), restrictions=expired)
    return tariffs.Tariff(currency=rules.currency, elements=(element,), taxes=Taxes.INCLUDED)


def _owed(cost: Cost) -> Cost | None:
    return cost if cost.incl_vat.minor > 0 else None


def fee_of_cancelling(terms: Terms, starts_at: datetime, now: datetime) -> Cost | None:
    """What a driver owes who cancels now."""
    is_late = now > starts_at - terms.free_cancel
    return terms.late_cancel if is_late else None


# ---- what may be booked


class Slot(NamedTuple):
    """A time, half open."""

    starts_at: datetime
    ends_at: datetime

    def meets(self, other: Slot) -> bool:
        """Whether they have an instant in common."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


class Place(NamedTuple):
    """An EVSE by its station and number."""

    station_id: str
    evse_number: int


Taken = Sequence[tuple[Place, Slot]]
"""What is booked at a location."""


def complaint(rules: Rules, slot: Slot, now: datetime, zone: ZoneInfo) -> tuple[str, str] | None:
    """The field of a wish that breaks the rules, and how; None: it keeps them."""
    length = slot.ends_at - slot.starts_at
    minute = timedelta(minutes=1)
    checks = (
        (not on_grid(slot.starts_at, zone, rules.slot_step_minutes), "starts_at", _grid_text(rules)),
        (length % (rules.slot_step_minutes * minute) != timedelta(0), "ends_at", _grid_text(rules)),
        (length < rules.length_min_minutes * minute, "ends_at", f"at least {rules.length_min_minutes} minutes"),
        (length > rules.length_max_minutes * minute, "ends_at", f"at most {rules.length_max_minutes} minutes"),
        (slot.starts_at < now + rules.lead_minutes * minute, "starts_at", _lead_text(rules)),
        (
            slot.starts_at > now + timedelta(days=rules.horizon_days),
            "starts_at",
            f"at most {rules.horizon_days} days ahead",
        ),
    )
    return next(((field, text) for is_broken, field, text in checks if is_broken), None)


def _grid_text(rules: Rules) -> str:
    return f"slots begin and end every {rules.slot_step_minutes} minutes of the location's clock"


def _lead_text(rules: Rules) -> str:
    return f"at least {rules.lead_minutes} minutes ahead" if rules.lead_minutes else "not in the past"


def on_grid(at: datetime, zone: ZoneInfo, step_minutes: int) -> bool:
    """Whether an instant is one of those at which slots begin, by the location's wall clock."""
    local = at.astimezone(zone)
    return local.second == local.microsecond == 0 and (local.hour * 60 + local.minute) % step_minutes == 0


def peak(slots: Iterable[Slot], within: Slot) -> int:
    """How many slots there are at most at one instant of a time."""
    changes = [
        (at, step)
        for slot in slots
        if slot.meets(within)
        for at, step in ((max(slot.starts_at, within.starts_at), 1), (min(slot.ends_at, within.ends_at), -1))
    ]
    highest = current = 0
    for _, step in sorted(changes):  # ends come before starts
        current += step
        highest = max(highest, current)
    return highest


def free_places(places: Iterable[Place], taken: Taken, slot: Slot) -> list[Place]:
    """The EVSEs that nobody has booked for any part of a slot, in their order."""
    busy = {place for place, booked in taken if booked.meets(slot)}
    return [place for place in places if place not in busy]


def choose(places: Sequence[Place], taken: Taken, slot: Slot, capacity: int) -> Place | None:
    """The EVSE that takes a slot; None: there is none, or no more than `capacity` may be booked at once. Of several the one whose
    neighbours are nearest, so that long gaps stay whole for long slots."""
    if peak((booked for _, booked in taken), slot) >= capacity:
        return None
    free = free_places(places, taken, slot)
    return min(free, key=lambda place: (_gap(place, taken, slot), place), default=None)


_FAR = timedelta(days=3650)
NEIGHBOURHOOD = timedelta(hours=6)
"""So far before and after a slot its neighbours are looked at."""


def _gap(place: Place, taken: Taken, slot: Slot) -> timedelta:
    """How much stays unused right before and after a slot at an EVSE."""
    theirs = [booked for booked_at, booked in taken if booked_at == place]
    before = min((slot.starts_at - one.ends_at for one in theirs if one.ends_at <= slot.starts_at), default=_FAR)
    behind = min((one.starts_at - slot.ends_at for one in theirs if one.starts_at >= slot.ends_at), default=_FAR)
    return min(before, behind)


def capacity_of(rules: Rules, places: Sequence[Place]) -> int:
    """How many of a location's EVSEs may be booked at once: all but those that are left to whoever comes by."""
    return max(0, len(places) - rules.walk_in_evses)


class Offer(NamedTuple):
    """A time at which a slot could begin, and how many EVSEs would be free for all of it."""

    starts_at: datetime
    ends_at: datetime
    free: int


def calendar(
    rules: Rules, places: Sequence[Place], all_places: Sequence[Place], taken: Taken, within: Slot, zone: ZoneInfo, *,
    length: timedelta, now: datetime,
) -> Iterator[Offer]:  # fmt: skip
    """Every slot of a length that could begin within a time and keeps the rules. `places`: those that suit the driver."""
    capacity, step = capacity_of(rules, all_places), timedelta(minutes=rules.slot_step_minutes)
    at = first_on_grid(within.starts_at, zone, rules.slot_step_minutes)
    while at < within.ends_at:
        slot = Slot(at, at + length)
        if complaint(rules, slot, now, zone) is None:
            left = capacity - peak((booked for _, booked in taken), slot)
            yield Offer(*slot, free=max(0, min(left, len(free_places(places, taken, slot)))))
        at += step


def first_on_grid(at: datetime, zone: ZoneInfo, step_minutes: int) -> datetime:
    """The first instant from `at` on at which slots begin."""
    found = at.replace(second=0, microsecond=0)
    if found < at:
        found += timedelta(minutes=1)
    while not on_grid(found, zone, step_minutes):
        found += timedelta(minutes=1)
    return found


# ---- what is due


class Step(StrEnum):
    """What is to be done with a booking now."""

    WAIT = "wait"
    HOLD = "hold"
    MOVE = "move"
    RELEASE = "release"
    FINISH = "finish"
    MISS = "miss"
    FAIL = "fail"
    LAPSE = "lapse"
    """Nobody has confirmed it in time."""


class Facts(NamedTuple):
    """What decides what is due. `is_asked`: the station has not answered yet; `is_held`: it has said that it keeps the EVSE;
    `is_refused`: that it does not; `held_until`: when what it was told runs out; `is_fit`: the EVSE can charge, and be told."""

    state: State
    slot: Slot
    hold: timedelta
    grace: timedelta
    is_fit: bool
    is_asked: bool = False
    is_held: bool = False
    is_refused: bool = False
    held_until: datetime | None = None


MARGIN = timedelta(minutes=2)
"""So long the station keeps the EVSE beyond the grace: we decide, it only makes sure that nothing is kept for ever."""


def wanted_until(facts: Facts) -> datetime:
    """How long the station is to keep the EVSE: until somebody must have come, and for one who has until the end."""
    if facts.state is State.CHECKED_IN:
        return facts.slot.ends_at
    return min(facts.slot.starts_at + facts.grace, facts.slot.ends_at) + MARGIN


def next_step(facts: Facts, now: datetime) -> Step:
    """What is to be done now. The order is the rule: an EVSE that cannot charge is our fault, never the driver's."""
    state, (starts_at, ends_at) = facts.state, facts.slot
    if state not in OPEN:
        return Step.RELEASE if facts.is_held else Step.WAIT
    if now < starts_at - facts.hold:
        return Step.WAIT
    if state is State.REQUESTED:
        return Step.LAPSE
    is_over, is_late = now >= ends_at, now >= min(starts_at + facts.grace, ends_at)
    if state in (State.CHECKED_IN, State.CHARGING):
        if is_over:
            return Step.FINISH
        if not facts.is_fit:
            return Step.MOVE
        if state is State.CHARGING:  # wherever it does: what was held for it is not needed any more
            return Step.RELEASE if facts.is_held else Step.WAIT
        needs_hold = not _is_kept(facts) and not facts.is_asked
        return Step.HOLD if needs_hold else Step.WAIT
    if is_late:
        return Step.MISS if facts.is_held and facts.is_fit else Step.FAIL
    if not facts.is_fit or facts.is_refused:
        return Step.MOVE
    return Step.WAIT if facts.is_asked or _is_kept(facts) else Step.HOLD


def _is_kept(facts: Facts) -> bool:
    return facts.is_held and facts.held_until is not None and facts.held_until >= wanted_until(facts)


def next_look(facts: Facts, now: datetime) -> datetime | None:
    """When the clock alone makes something due again; None: never."""
    if facts.state not in OPEN:
        return None
    moments = (facts.slot.starts_at - facts.hold, facts.slot.starts_at + facts.grace, facts.slot.ends_at)
    return min((at for at in moments if at > now), default=now)


def may_check_in(facts: Facts, now: datetime) -> bool:
    """Whether a driver may say that they are there: from when the EVSE is kept for them to the end of the slot."""
    return facts.slot.starts_at - facts.hold <= now < facts.slot.ends_at
