"""Every rule raises what it should, and not what only looks like it (tests/detection/replays)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace as with_changes

from voltway.modules.detection.engine import Engine, Finding, Tuning
from voltway.modules.detection.rules_table import BY_ID, RULES

from .replaying import DEFAULT_OPERATOR_ID, MIDNIGHT, cases, replay, signals_of  # noqa: TID252  (tests are not installed)

RAISES, KEEPS_QUIET = cases("raises"), cases("keeps_quiet")


def found_by(rule_id: str, case: dict[str, Any]) -> list[Finding]:
    """What one rule of all finds."""
    until = MIDNIGHT + timedelta(seconds=case["until"]) if "until" in case else None
    return [each for each in replay(Engine(), signals_of(case), until) if each.rule_id == rule_id]


@pytest.mark.parametrize(("rule_id", "case"), RAISES, ids=[f"{rule}: {case['about']}" for rule, case in RAISES])
def test_rule_raises(rule_id: str, case: dict[str, Any]) -> None:
    found = [{"severity": each.severity.value, "subject": each.subject} for each in found_by(rule_id, case)]
    assert found == case["incidents"]


@pytest.mark.parametrize(
    ("rule_id", "case"), KEEPS_QUIET, ids=[f"{rule}: {case['about']}" for rule, case in KEEPS_QUIET]
)
def test_rule_keeps_quiet(rule_id: str, case: dict[str, Any]) -> None:
    assert signals_of(case)
    assert found_by(rule_id, case) == []


def test_every_rule_has_both_and_no_file_is_left_over() -> None:
    ids = {rule.id for rule in RULES}
    assert ids >= {f"D{number:02}" for number in range(1, 38)}
    assert {rule_id for rule_id, _ in RAISES} == {rule_id for rule_id, _ in KEEPS_QUIET} == ids


def test_every_check_of_every_rule_raises_in_some_replay() -> None:
    """A check that no replay makes speak could be asleep: each is run alone."""
    asleep = []
    for rule in RULES:
        for index, check in enumerate(rule.checks):
            engine = Engine([with_changes(rule, checks=(check,))])
            told = [
                replay(engine, signals_of(case), MIDNIGHT + timedelta(seconds=case.get("until", 0)))
                for rule_id, case in RAISES
                if rule_id == rule.id
            ]
            if not any(told):
                asleep.append((rule.id, index))
    assert asleep == []


def test_near_miss_is_near() -> None:
    """With the thresholds at their lowest, what keeps quiet is heard: it is the measure that tells them apart. Left out:
    rules without a measure, and cases that differ in what they are rather than in how much."""
    measured = [
        rule.id
        for rule in RULES
        if any(each.low < each.default for name, each in rule.parameters.items() if name.startswith("more_than"))
    ]
    for rule_id in measured:
        low = {name: each.low for name, each in BY_ID[rule_id].parameters.items() if "more_than" in name}
        engine = Engine()
        engine.tune({(DEFAULT_OPERATOR_ID, rule_id): Tuning(parameters=low)})
        quiet = [case for found_id, case in KEEPS_QUIET if found_id == rule_id]
        assert any(finding.rule_id == rule_id for case in quiet for finding in replay(engine, signals_of(case))), (
            rule_id
        )
