"""Uptime held against a recount, second by second."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.charging import uptime
from voltway.charging.uptime import (
    CEC,
    DAY_S,
    DEFINITIONS,
    LINK,
    NEVI,
    UK,
    Change,
    ExcludedSpan,
    Exclusion,
    Span,
    State,
    StateSpan,
    Uptime,
)

END = 60
instants = st.integers(0, END)
spans = st.tuples(instants, instants).map(lambda pair: Span(min(pair), max(pair)))
unions = st.lists(spans, max_size=6).map(uptime.union)
changes = st.builds(
    Change,
    st.integers(-10, END + 5),
    st.integers(LINK, 2),
    st.sampled_from([state for state in State if state is not State.UNKNOWN]),
)
records = st.builds(lambda span, kind: ExcludedSpan(span.begins, span.ends, kind), spans, st.sampled_from(Exclusion))


def seconds(among: Sequence[tuple[int, int]]) -> set[int]:
    return {second for begins, ends in among for second in range(begins, ends)}


@given(st.lists(spans, max_size=6), unions)
def test_sets_of_spans_are_sets_of_seconds(loose: list[Span], other: list[Span]) -> None:
    one = uptime.union(loose)
    assert seconds(one) == seconds(loose)
    assert all(before.ends < after.begins for before, after in itertools.pairwise(one))
    assert seconds(uptime.common(one, other)) == seconds(one) & seconds(other)
    assert seconds(uptime.without(one, other)) == seconds(one) - seconds(other)
    assert uptime.length(one) == len(seconds(one))


def state_at(told: Sequence[Change], second: int) -> State:
    """What an EVSE is in a second, told in another way than the module does."""
    last = {}
    for change in sorted(told, key=lambda change: change.at):
        if change.at <= second:
            last[change.connector] = change.state
    connectors = [state for number, state in last.items() if number > 0]
    if not connectors:
        return State.UNKNOWN
    if last.get(LINK) is State.OFFLINE:
        return State.OFFLINE
    if last.get(0) in (State.UNAVAILABLE, State.FAULTED):
        return last[0]
    for best in (State.OCCUPIED, State.AVAILABLE, State.RESERVED, State.UNAVAILABLE, State.FAULTED):
        if best in connectors:
            return best
    return State.UNKNOWN


@given(st.lists(changes, max_size=12))
def test_timeline_is_what_was_told_in_every_second(told: list[Change]) -> None:
    found = uptime.timeline(told, 0, END)
    by_second = {second: span.state for span in found for second in range(span.begins, span.ends)}
    assert by_second == {second: state_at(told, second) for second in range(END)}
    assert all(one.ends == other.begins and one.state is not other.state for one, other in itertools.pairwise(found))


@given(st.lists(changes, max_size=12), st.lists(records, max_size=5), unions)
def test_every_definition_counts_seconds(told: list[Change], excluded: list[ExcludedSpan], closed: list[Span]) -> None:
    history = uptime.timeline(told, 0, END)
    shut = seconds(closed)
    for definition in DEFINITIONS:
        known = {at for at in range(END) if state_at(told, at) is not State.UNKNOWN}
        down = {at for at in range(END) if state_at(told, at) in definition.down}
        if definition is UK:
            known, down = known - shut, down - shut
        let_go = set()
        for kind in definition.excluded:
            hit = seconds([record[:2] for record in excluded if record.kind is kind]) & down
            if kind in definition.cap_of_year_s:
                hit = set(sorted(hit)[: definition.cap_of_year_s[kind] * len(known) // (365 * DAY_S)])
            let_go |= hit
        if Exclusion.OUTSIDE_HOURS in definition.excluded:
            let_go |= down & shut
        assert uptime.measure(definition, history, excluded, closed) == Uptime(len(known), len(down), len(let_go))


@given(st.lists(changes, max_size=12), st.lists(records, max_size=5), records)
def test_one_more_excluded_time_never_makes_it_worse(
    told: list[Change], excluded: list[ExcludedSpan], more: ExcludedSpan
) -> None:
    history = uptime.timeline(told, 0, END)
    for definition in DEFINITIONS:
        before = uptime.measure(definition, history, excluded)
        after = uptime.measure(definition, history, [*excluded, more])
        assert before.excluded_s <= after.excluded_s <= after.outage_s <= after.counted_s
        assert (after.counted_s, after.outage_s) == (before.counted_s, before.outage_s)


def test_the_same_year_by_three_definitions() -> None:
    """Twenty days down: two offline, eighteen faulted, of which twelve were vandalism in one record."""
    day = DAY_S
    history = [
        StateSpan(0, 100 * day, State.AVAILABLE),
        StateSpan(100 * day, 102 * day, State.OFFLINE),
        StateSpan(102 * day, 120 * day, State.FAULTED),
        StateSpan(120 * day, 365 * day, State.OCCUPIED),
    ]
    vandals = [ExcludedSpan(105 * day, 117 * day, Exclusion.VANDALISM)]
    nevi, uk, cec = (uptime.measure(definition, history, vandals) for definition in DEFINITIONS)
    assert nevi == Uptime(365 * day, 20 * day, 12 * day)
    assert uk == Uptime(365 * day, 18 * day, 0)  # offline is not known, and reliable; vandalism is no excuse
    assert cec == Uptime(365 * day, 20 * day, 10 * day)  # ten days of one incident and no more
    assert nevi.percent == pytest.approx(100 * 357 / 365)


def test_planned_maintenance_is_excluded_up_to_72_hours_a_year_in_california() -> None:
    hour = 3600
    history = [StateSpan(0, 100 * hour, State.UNAVAILABLE), StateSpan(100 * hour, 365 * DAY_S, State.AVAILABLE)]
    planned = [ExcludedSpan(0, 100 * hour, Exclusion.PLANNED_MAINTENANCE)]
    assert uptime.measure(CEC, history, planned).excluded_s == 72 * hour
    assert uptime.measure(NEVI, history, planned).excluded_s == 100 * hour


def test_nothing_known_is_no_percentage() -> None:
    assert uptime.measure(NEVI, [StateSpan(0, 10, State.UNKNOWN)]).percent is None
