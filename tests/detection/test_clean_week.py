"""False alarms, counted: a week in which nothing is wrong, but much happens."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from voltway.contracts.detection import Severity
from voltway.modules.detection.checks import Verdict
from voltway.modules.detection.engine import Engine, Finding
from voltway.modules.detection.rules_table import RULES

from .clean_week import BEGIN, DAYS, Week  # noqa: TID252  (tests are not installed)

STATIONS = 200
TICK = timedelta(seconds=60)


@pytest.fixture(scope="module", params=[1, 2])
def found(request: pytest.FixtureRequest) -> list[Finding]:
    """All that the engine says of a week."""
    engine, found, now = Engine(), list[Finding](), BEGIN
    for signal in Week(STATIONS, seed=request.param).signals():
        while now + TICK < signal.at:
            now += TICK
            found += engine.tick(now)
        found += engine.feed(signal)
    return [finding for finding in found if finding.verdict is not Verdict.RECOVERED]


def test_clean_week_has_no_critical_incident(found: list[Finding]) -> None:
    assert [(each.rule_id, each.subject) for each in found if each.severity is Severity.CRITICAL] == []


def test_clean_week_has_less_than_one_warning_for_a_thousand_stations_and_a_day(found: list[Finding]) -> None:
    warnings = Counter(each.rule_id for each in found if each.severity is Severity.WARNING)
    assert warnings.total() / STATIONS / DAYS * 1000 < 1, warnings


def test_the_week_is_no_empty_one() -> None:
    """A generator that falls silent would prove nothing: most rules that have a source are shown signals."""
    kinds = Counter(signal.kind for signal in Week(STATIONS, seed=1).signals())
    watched = {rule.id for rule in RULES if any(kind in kinds for check in rule.checks for kind in check.watches)}
    assert len(watched) >= 20
    assert kinds["station.reached"] > 1000
    assert kinds["session.ended"] > 5000
