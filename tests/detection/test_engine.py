"""The engine: bounded memory, operators apart, states that are told once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from builders import NOON
from voltway.contracts.detection import Severity
from voltway.modules.detection.checks import BUCKETS, Count, Distinct, Lasting, Level, Ratio, Verdict
from voltway.modules.detection.engine import Engine, Tuning
from voltway.modules.detection.rule_parts import Parameter, Rule
from voltway.modules.detection.rules import Action
from voltway.modules.detection.signals import Signal

LIMITS = {
    "more_than": Parameter(3, 0, 100),
    "window_s": Parameter(600, 1, 86_400),
    "longer_than_s": Parameter(60, 1, 86_400),
    "above": Parameter(10, 0, 100),
    "ratio": Parameter(0.5, 0, 1),
    "at_least": Parameter(10, 0, 100),
}


def an_engine(*checks: Any, **options: Any) -> Engine:
    rule = Rule(
        id="X",
        title="x",
        signal="x",
        severity=Severity.WARNING,
        action=Action.INCIDENT,
        checks=checks,
        parameters=LIMITS,
        source="x",
    )
    return Engine([rule], **options)


def a_signal(second: float = 0, station: str = "CS-1", operator: str = "o", count: int = 1, **facts: Any) -> Signal:
    at = NOON + timedelta(seconds=second)
    return Signal(at=at, operator_id=operator, kind="x", station_id=station, count=count, facts=facts)


def verdicts(engine: Engine, *signals: Signal) -> list[Verdict]:
    return [finding.verdict for signal in signals for finding in engine.feed(signal)]


@given(st.lists(st.floats(0, 5000), min_size=1, max_size=60), st.integers(0, 8))
def test_count_is_raised_where_so_many_lie_in_a_window(seconds: list[float], more_than: int) -> None:
    """Held against the plain reading; windows are exact to a sixtieth, so cases at their edge are left out."""
    seconds.sort()
    engine = an_engine(Count(on=("x",)))
    engine.tune({("o", "X"): Tuning(parameters={"more_than": more_than})})
    is_raised = bool(verdicts(engine, *map(a_signal, seconds)))

    def holds(window: float) -> bool:
        return any(sum(end - window <= each <= end for each in seconds) > more_than for end in seconds)

    if holds(600 - 11):
        assert is_raised
    if not holds(600 + 11):
        assert not is_raised


def test_what_was_folded_counts_as_often_as_it_happened() -> None:
    assert verdicts(an_engine(Count(on=("x",))), a_signal(count=3)) == []
    assert verdicts(an_engine(Count(on=("x",))), a_signal(count=4)) == [Verdict.RAISED]


def test_memory_of_a_key_and_the_number_of_keys_are_bounded() -> None:
    engine = an_engine(Count(on=("x",)), Ratio(on=("x",), of="bad", total="all"), keys_max=100)
    engine.tune({("o", "X"): Tuning(parameters={"more_than": 1e9, "window_s": 86_400})})
    for second in range(5000):
        engine.feed(a_signal(second, bad=0, all=1))
    for watched in engine._watched:
        ((memory, _),) = watched.kept.values()
        assert len(memory) <= BUCKETS + 1
    for number in range(500):
        engine.feed(a_signal(5000, station=f"CS-{number}", bad=0, all=1))
    assert [len(watched.kept) for watched in engine._watched] == [100, 100]


def test_distinct_keeps_no_more_values_than_it_must_tell_apart() -> None:
    engine = an_engine(Distinct(on=("x",), of="value"))
    assert verdicts(engine, *(a_signal(number, value=number % 3) for number in range(300))) == []
    ((memory, _),) = engine._watched[0].kept.values()
    assert len(memory) == 3


def test_operators_are_kept_apart() -> None:
    engine = an_engine(Count(on=("x",)))
    assert verdicts(engine, *(a_signal(number, operator=f"o{number % 2}") for number in range(6))) == []
    assert verdicts(engine, a_signal(6, operator="o0")) == [Verdict.RAISED]


def test_state_is_told_once_when_it_begins_and_once_when_it_ends() -> None:
    engine = an_engine(Level(on=("x",), of="value"))
    told = [verdicts(engine, a_signal(number, value=value)) for number, value in enumerate((1, 20, 30, 5, 4, 20))]
    assert told == [[Verdict.RECOVERED], [Verdict.RAISED], [], [Verdict.RECOVERED], [], [Verdict.RAISED]]


def test_lasting_state_counts_from_its_beginning() -> None:
    engine = an_engine(Lasting(on=("x",), of="is_on"))
    engine.feed(a_signal(0, is_on=True))
    engine.feed(a_signal(50, is_on=True))
    assert engine.tick(NOON + timedelta(seconds=60)) == []
    (finding,) = engine.tick(NOON + timedelta(seconds=61))
    assert (finding.verdict, finding.since) == (Verdict.RAISED, NOON)
    assert engine.tick(NOON + timedelta(seconds=200)) == []


def test_signal_without_a_part_of_the_key_is_passed_over() -> None:
    engine = an_engine(Count(on=("x",), by=("token",), limit="at_least"))
    engine.tune({("o", "X"): Tuning(parameters={"at_least": 0})})
    assert verdicts(engine, a_signal()) == []
    assert verdicts(engine, a_signal(token="t")) == [Verdict.RAISED]
