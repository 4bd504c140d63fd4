"""Queues, by the rules alone: the order is kept, a call-up holds one EVSE, snoozing has a limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from voltway.modules.reservations import queueing
from voltway.modules.reservations.booking import Place
from voltway.modules.reservations.queueing import OPEN, TRANSITIONS, Act, FreeEvse, Queued, State, after

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PLACES = [Place("S1", 1), Place("S1", 2), Place("S2", 1)]
SNOOZES_MAX = 2


def test_ends_lead_nowhere() -> None:
    assert not [pair for pair in TRANSITIONS if pair[0] not in OPEN]


@given(st.lists(st.sampled_from(Act), max_size=30), st.integers(0, 3))
def test_nobody_snoozes_more_often_than_the_rules_let_them(acts: list[Act], limit: int) -> None:
    state, snoozes = State.WAITING, 0
    for act in acts:
        if act is Act.SNOOZE and not queueing.may_snooze(state, snoozes, limit):
            continue
        new = after(state, act)
        if new is None:
            continue
        snoozes += act is Act.SNOOZE
        assert state in OPEN
        state = new
    assert snoozes <= limit


TYPES = st.frozensets(st.sampled_from(["cCCS2", "cType2"]), max_size=2)
PEOPLE = st.lists(st.tuples(st.sampled_from(State), TYPES, st.sampled_from(PLACES)), max_size=12).map(
    lambda rows: [
        Queued(f"q{number}", number, state, wants, at if state is State.CALLED else None)
        for number, (state, wants, at) in enumerate(rows)
    ]
)


@given(PEOPLE, st.lists(st.builds(FreeEvse, st.sampled_from(PLACES), TYPES), unique_by=lambda one: one.place))
def test_calls_keep_the_order_and_no_evse_has_two_people(queue: list[Queued], free: list[FreeEvse]) -> None:
    calls = queueing.call_ups(queue, free)
    by_id, types = {one.id: one for one in queue}, {one.place: one.types for one in free}
    held = {one.at for one in queue if one.state is State.CALLED}
    places = [place for _, place in calls]
    assert len(set(places)) == len(places)
    assert not set(places) & held
    assert len({one for one, _ in calls}) == len(calls)
    for one, place in calls:
        assert by_id[one].state is State.WAITING
        assert queueing.suits(by_id[one].wants, types[place])
        # Whoever is before them and waits has got one too, or wants another.
        for other in queue:
            if other.number < by_id[one].number and other.state is State.WAITING and other.id not in dict(calls):
                assert not queueing.suits(other.wants, types[place])


class AQueue(RuleBasedStateMachine):
    """A queue with its EVSEs, as people, the clock and stations may treat it in any order."""

    @initialize()
    def begin(self) -> None:
        self.now = NOON
        self.queue: dict[str, Queued] = {}
        self.snoozes: dict[str, int] = {}
        self.called: list[str] = []

    def change(self, who: str, act: Act, **values: Any) -> None:
        one = self.queue[who]
        state = after(one.state, act)
        assert state is not None
        at = one.at if state is State.CALLED else None
        self.queue[who] = one._replace(**{"state": state, "at": at, "until": None, **values})

    @rule()
    def join(self) -> None:
        number = len(self.queue) + 1
        self.queue[f"q{number}"] = Queued(f"q{number}", number, State.WAITING)

    @precondition(lambda self: self.queue)
    @rule(data=st.data(), act=st.sampled_from([Act.LEAVE, Act.SERVE, Act.SNOOZE, Act.LOSE]))
    def somebody_does_something(self, data: st.DataObject, act: Act) -> None:
        who = data.draw(st.sampled_from(sorted(self.queue)))
        one = self.queue[who]
        if act is Act.SNOOZE:
            if queueing.may_snooze(one.state, self.snoozes.get(who, 0), SNOOZES_MAX):
                self.snoozes[who] = self.snoozes.get(who, 0) + 1
                self.change(who, act, until=self.now + timedelta(minutes=15))
        elif after(one.state, act) is not None:
            self.change(who, act)

    @rule(free=st.sets(st.sampled_from(PLACES)))
    def call(self, free: set[Place]) -> None:
        waiting = [one for one in self.queue.values() if one.state is State.WAITING]
        for who, place in queueing.call_ups(list(self.queue.values()), [FreeEvse(one) for one in sorted(free)]):
            # In order: nobody who waits is before the one who is called, but those called just now.
            assert all(
                other.number >= self.queue[who].number
                for other in waiting
                if other.id in self.queue and self.queue[other.id].state is State.WAITING
            )
            self.change(who, Act.CALL, at=place, until=self.now + timedelta(minutes=10))

    @rule(minutes=st.integers(1, 20))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        for who, act in queueing.due(self.queue.values(), self.now):
            self.change(who, act)

    @invariant()
    def an_evse_is_held_for_one(self) -> None:
        held = [one.at for one in getattr(self, "queue", {}).values() if one.state is State.CALLED]
        assert None not in held
        assert len(set(held)) == len(held)

    @invariant()
    def snoozing_has_a_limit(self) -> None:
        assert all(count <= SNOOZES_MAX for count in getattr(self, "snoozes", {}).values())

    @invariant()
    def people_ahead_are_the_open_ones_with_lower_numbers(self) -> None:
        queue = getattr(self, "queue", {})
        for one in queue.values():
            others = [each for each in queue.values() if each.state in OPEN and each.number < one.number]
            assert queueing.ahead(queue.values(), one.number) == len(others)


AQueue.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAQueue = AQueue.TestCase


def test_whoever_let_others_pass_is_before_them_again() -> None:
    queue = [Queued("first", 1, State.SNOOZED, until=NOON), Queued("second", 2, State.WAITING)]
    assert queueing.call_ups(queue, [FreeEvse(PLACES[0])]) == [("second", PLACES[0])]
    assert queueing.due(queue, NOON) == [("first", Act.WAKE)]
    awake = [queue[0]._replace(state=State.WAITING), queue[1]]
    assert queueing.call_ups(awake, [FreeEvse(PLACES[0])]) == [("first", PLACES[0])]
