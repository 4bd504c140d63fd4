"""Bookings, by the rules alone: what leads where, how many fit, which EVSE takes what, what is due when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.charging import tariffs
from voltway.charging.tariffs import Component, Dimension, Element, ReservationRule, Restrictions
from voltway.kernel.money import Money
from voltway.modules.reservations import booking
from voltway.modules.reservations.booking import (
    OPEN,
    TRANSITIONS,
    Act,
    Facts,
    Place,
    Rules,
    Slot,
    State,
    Step,
    Terms,
    after,
    choose,
    next_step,
    peak,
)

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
UTC_ZONE = ZoneInfo("UTC")
PLACES = [Place("S1", 1), Place("S1", 2), Place("S2", 1)]


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def slot(start: float, length: float) -> Slot:
    """Minutes from noon, and how long."""
    return Slot(NOON + minutes(start), NOON + minutes(start + length))


slots = st.builds(slot, st.integers(0, 40).map(lambda n: n * 15), st.integers(1, 8).map(lambda n: n * 15))

# ---- states


def test_ends_lead_nowhere_and_every_open_state_to_an_end() -> None:
    ends = set(State) - OPEN
    assert not [pair for pair in TRANSITIONS if pair[0] in ends]
    for state in OPEN:
        reached, new = {state}, {state}
        while new:
            new = {to for (at, _), to in TRANSITIONS.items() if at in new} - reached
            reached |= new
        assert reached & ends, state


@given(st.lists(st.sampled_from(Act), max_size=30))
def test_a_booking_that_is_over_stays_what_it_is_and_nobody_misses_what_they_came_to(acts: list[Act]) -> None:
    state, was_there = State.REQUESTED, False
    for act in acts:
        new = after(state, act)
        if new is None:
            continue
        assert state in OPEN
        was_there = was_there or new in (State.CHECKED_IN, State.CHARGING)
        assert not (was_there and new is State.NO_SHOW)
        assert not (new is State.CONFIRMED and state is not State.REQUESTED)
        state = new


# ---- capacity


@given(st.lists(slots, max_size=40), st.integers(0, 3))
def test_no_instant_has_more_bookings_than_the_capacity_and_no_evse_two(wishes: list[Slot], walk_ins: int) -> None:
    rules = Rules(walk_in_evses=walk_ins)
    capacity = booking.capacity_of(rules, PLACES)
    taken: list[tuple[Place, Slot]] = []
    for wish in wishes:
        place = choose(PLACES, taken, wish, capacity)
        if place is not None:
            taken.append((place, wish))
    for at in {moment for _, one in taken for moment in one}:
        assert sum(one.starts_at <= at < one.ends_at for _, one in taken) <= capacity
    for place in PLACES:
        theirs = sorted(one for at_place, one in taken if at_place == place)
        assert all(one.ends_at <= following.starts_at for one, following in pairwise(theirs))


@given(st.lists(slots, max_size=25), slots)
def test_peak_is_what_counting_every_minute_gives(booked: list[Slot], within: Slot) -> None:
    counted, at = 0, within.starts_at
    while at < within.ends_at:
        counted = max(counted, sum(one.starts_at <= at < one.ends_at for one in booked))
        at += minutes(1)
    assert peak(booked, within) == counted


@given(st.lists(slots, max_size=20), slots)
def test_what_is_refused_would_not_have_fitted_as_things_stand(wishes: list[Slot], wish: Slot) -> None:
    taken: list[tuple[Place, Slot]] = []
    for one in wishes:
        place = choose(PLACES, taken, one, len(PLACES))
        if place is not None:
            taken.append((place, one))
    place = choose(PLACES, taken, wish, len(PLACES))
    assert (place is None) == all(any(at == each and one.meets(wish) for at, one in taken) for each in PLACES)


def test_slots_that_touch_do_not_meet() -> None:
    assert not slot(0, 60).meets(slot(60, 60))
    assert slot(0, 60).meets(slot(59, 60))
    assert choose([PLACES[0]], [(PLACES[0], slot(0, 60))], slot(60, 60), 1) == PLACES[0]


def test_the_evse_with_the_nearest_neighbour_is_taken_so_that_long_gaps_stay() -> None:
    taken = [(PLACES[1], slot(0, 60))]
    assert choose(PLACES, taken, slot(60, 60), 3) == PLACES[1]


@given(st.lists(slots, max_size=12), st.integers(1, 4).map(lambda n: n * 15), st.integers(0, 2))
def test_the_calendar_offers_what_can_be_booked(booked: list[Slot], length: int, walk_ins: int) -> None:
    rules = Rules(is_bookable=True, walk_in_evses=walk_ins)
    capacity = booking.capacity_of(rules, PLACES)
    taken: list[tuple[Place, Slot]] = []
    for one in booked:
        place = choose(PLACES, taken, one, capacity)
        if place is not None:
            taken.append((place, one))
    offers = list(
        booking.calendar(
            rules, PLACES, PLACES, taken, slot(0, 240), UTC_ZONE, length=minutes(length), now=NOON - minutes(1)
        )
    )
    assert len(offers) == 16
    for offer in offers:
        fits = choose(PLACES, taken, Slot(offer.starts_at, offer.ends_at), capacity) is not None
        assert fits == (offer.free > 0)


# ---- rules


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (slot(0, 60), None),
        (slot(7, 60), "starts_at"),
        (slot(0, 50), "ends_at"),
        (slot(0, 15), "ends_at"),
        (slot(0, 255), "ends_at"),
        (slot(-45, 60), "starts_at"),
        (slot(15 * 24 * 60, 60), "starts_at"),
    ],
)
def test_what_breaks_the_rules_is_said_with_its_field(wish: Slot, field: str | None) -> None:
    rules = Rules(length_min_minutes=30, lead_minutes=30)
    found = booking.complaint(rules, wish, NOON - minutes(30), BERLIN)
    assert (found and found[0]) == field


def test_slots_stand_on_the_clock_of_the_location_also_where_its_zone_is_not_whole_hours() -> None:
    kathmandu = ZoneInfo("Asia/Kathmandu")  # +05:45
    assert not booking.on_grid(NOON, kathmandu, 30)
    assert booking.on_grid(NOON + minutes(15), kathmandu, 30)
    assert booking.first_on_grid(NOON + timedelta(seconds=1), kathmandu, 60) == NOON + minutes(15)


def test_on_the_night_when_clocks_go_forward_no_slot_begins_in_the_hour_that_there_is_not() -> None:
    night = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)  # 01:00 in Berlin; 02:00 is 03:00
    within = Slot(night, night + timedelta(hours=3))
    rules = Rules(is_bookable=True, slot_step_minutes=60)
    offers = booking.calendar(
        rules, PLACES, PLACES, [], within, BERLIN, length=timedelta(hours=1), now=night - minutes(1)
    )
    assert [one.starts_at.astimezone(BERLIN).hour for one in offers] == [1, 3, 4]


# ---- what is owed


def test_the_fee_is_that_of_the_rules_incl_vat() -> None:
    rules = Rules(no_show_fee_minor=595, vat_percent=Decimal(19), late_cancel_fee_minor=119)
    terms = booking.terms_of(rules, 3, None, BERLIN, NOON)
    assert terms.no_show is not None
    assert terms.late_cancel is not None
    assert (terms.no_show.incl_vat, terms.no_show.excl_vat) == (Money(595, "EUR"), Money(500, "EUR"))
    assert terms.late_cancel.incl_vat == Money(119, "EUR")
    assert terms.rules_version == 3


def test_the_tariff_of_the_place_goes_before_the_fee_of_the_rules() -> None:
    expired = Restrictions(reservation=ReservationRule.EXPIRED)
    flat = Component(dimension=Dimension.FLAT, price=Decimal(4), vat_percent=Decimal(0))
    time = Component(dimension=Dimension.TIME, price=Decimal(12), vat_percent=Decimal(0))
    tariff = tariffs.Tariff(currency="EUR", elements=(Element(components=(flat, time), restrictions=expired),))
    terms = booking.terms_of(Rules(no_show_fee_minor=100, grace_minutes=15), 1, tariff, BERLIN, NOON)
    assert terms.no_show is not None
    assert terms.no_show.incl_vat == Money(700, "EUR")  # 4 and a quarter of 12
    used = tariffs.Tariff(currency="EUR", elements=(Element(components=(flat,)),))
    terms = booking.terms_of(Rules(no_show_fee_minor=100), 1, used, BERLIN, NOON)
    assert terms.no_show is not None
    assert terms.no_show.incl_vat == Money(100, "EUR")


def test_nothing_is_owed_where_nothing_was_said_and_cancelling_in_time_is_free() -> None:
    terms = booking.terms_of(Rules(), 1, None, BERLIN, NOON)
    assert (terms.no_show, terms.late_cancel, terms.failure_credit) == (None, None, None)
    terms = booking.terms_of(Rules(late_cancel_fee_minor=200, free_cancel_minutes=60), 1, None, BERLIN, NOON)
    assert booking.fee_of_cancelling(terms, NOON, NOON - minutes(60)) is None
    assert booking.fee_of_cancelling(terms, NOON, NOON - minutes(59)) == terms.late_cancel


# ---- what is due


def facts(**changes: Any) -> Facts:
    fields: dict[str, Any] = {
        "state": State.CONFIRMED,
        "slot": slot(0, 60),
        "hold": minutes(10),
        "grace": minutes(15),
        "is_fit": True,
    }
    return Facts(**{**fields, **changes})


HELD = {"is_held": True, "held_until": NOON + minutes(17)}


@pytest.mark.parametrize(
    ("known", "at", "step"),
    [
        (facts(), -11, Step.WAIT),
        (facts(is_fit=False), -11, Step.WAIT),  # it may be mended by then
        (facts(), -10, Step.HOLD),
        (facts(is_asked=True), -10, Step.WAIT),
        (facts(**HELD), -5, Step.WAIT),
        (facts(is_fit=False, **HELD), -5, Step.MOVE),
        (facts(is_refused=True), -5, Step.MOVE),
        (facts(**HELD), 14, Step.WAIT),
        (facts(**HELD), 15, Step.MISS),
        (facts(is_fit=False, **HELD), 15, Step.FAIL),  # what cannot charge was not missed
        (facts(), 15, Step.FAIL),  # nothing was held: nobody has missed it
        (facts(state=State.REQUESTED), -11, Step.WAIT),
        (facts(state=State.REQUESTED), -10, Step.LAPSE),
        (facts(state=State.CHECKED_IN, **HELD), 5, Step.HOLD),  # for longer
        (facts(state=State.CHECKED_IN, is_held=True, held_until=NOON + minutes(60)), 5, Step.WAIT),
        (facts(state=State.CHECKED_IN), 60, Step.FINISH),
        (facts(state=State.CHARGING), 30, Step.WAIT),
        (facts(state=State.CHARGING, **HELD), 5, Step.RELEASE),
        (facts(state=State.CHARGING, is_fit=False), 30, Step.MOVE),
        (facts(state=State.CHARGING), 60, Step.FINISH),
        (facts(state=State.CANCELLED, **HELD), -5, Step.RELEASE),
        (facts(state=State.CANCELLED), -5, Step.WAIT),
    ],
)
def test_what_is_due(known: Facts, at: float, step: Step) -> None:
    assert next_step(known, NOON + minutes(at)) is step


MEANT = {
    Step.MOVE: Act.MOVE,
    Step.FINISH: Act.FINISH,
    Step.MISS: Act.MISS,
    Step.FAIL: Act.FAIL,
    Step.LAPSE: Act.CANCEL,
}


@given(
    st.builds(
        facts,
        state=st.sampled_from(State),
        is_fit=st.booleans(),
        is_held=st.booleans(),
        is_refused=st.booleans(),
        is_asked=st.booleans(),
        held_until=st.none() | st.integers(-20, 120).map(lambda at: NOON + minutes(at)),
    ),
    st.integers(-60, 120),
)
def test_what_is_due_can_be_done_and_nobody_pays_for_what_was_not_kept(known: Facts, at: int) -> None:
    now = NOON + minutes(at)
    step = next_step(known, now)
    if step in MEANT:
        assert after(known.state, MEANT[step]) is not None
    if step is Step.MISS:
        assert known.is_held
        assert known.is_fit
        assert now >= known.slot.starts_at + known.grace
    if now >= known.slot.ends_at and known.state in OPEN:
        assert step in (Step.FINISH, Step.MISS, Step.FAIL, Step.LAPSE)  # nothing goes on for ever


def test_terms_say_their_times() -> None:
    terms = Terms(rules_version=1, hold_minutes=10, grace_minutes=15, free_cancel_minutes=60)
    assert (terms.hold, terms.grace, terms.free_cancel) == (minutes(10), minutes(15), minutes(60))
