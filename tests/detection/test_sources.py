"""No rule claims a source that it has not, and what events mean."""

from __future__ import annotations

import importlib.util
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from builders import NOON
from voltway.contracts.sessions import SessionDoubted, SessionEnded
from voltway.contracts.stations import CommandChanged
from voltway.contracts.vocabulary import CommandState
from voltway.kernel.audit import ActDone
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.modules.detection.rules_table import RULES
from voltway.modules.detection.translating import MACHINES, signals_of

ROOT = Path(__file__).resolve().parents[2]
RULE_FILES = ("security_rules.py", "operating_rules.py")
ABOUT: dict[str, Any] = {"operator_id": DEFAULT_OPERATOR_ID, "at": NOON, "station_id": "s1"}


def told_kinds() -> set[str]:
    """The kinds of signals that some code beside the rules gives."""
    texts = [
        path.read_text(encoding="utf-8")
        for path in (ROOT / "src" / "voltway").rglob("*.py")
        if path.name not in RULE_FILES
    ]
    return set(re.findall(r'"([a-z_]+\.[a-z_]+)"', "\n".join(texts)))


def test_rule_with_a_source_is_told_of_what_it_watches() -> None:
    told = told_kinds()
    for rule in RULES:
        missing = {kind for check in rule.checks for kind in check.watches} - told
        assert not missing or rule.waits_for, (rule.id, missing)
        assert rule.is_waiting or len(missing) < sum(len(check.watches) for check in rule.checks), rule.id


def test_rule_that_waits_says_for_what() -> None:
    assert [rule.id for rule in RULES if rule.is_waiting and not rule.waits_for] == []


def test_orders_of_the_platform_itself_are_those_that_modules_give() -> None:
    """Who orders in the name of the platform: every constant of a module, and no other."""
    modules = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/voltway/modules").rglob("*.py"))
    named = re.findall(r'^(?:_ORDERED_BY|REQUESTED_BY|BY) = "([^"]+)"', modules, re.MULTILINE)
    named += re.findall(r'requested_by="([^"]+)"', modules)
    assert set(named) | {"reservation"} == MACHINES


def test_table_in_the_docs_is_that_of_the_rules() -> None:
    spec = importlib.util.spec_from_file_location("detection_page", ROOT / "tools" / "detection_page.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    text = (ROOT / "docs" / "detection.md").read_text(encoding="utf-8")
    assert tool.page(text) == text
    assert all(f"| {rule.id} |" in text for rule in RULES)


# ---- what events mean


def kinds(event: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(signal.kind, dict(signal.facts)) for signal in signals_of(event)]


def an_end(energy_wh: int, minutes: int) -> SessionEnded:
    return SessionEnded(
        **ABOUT,
        session_id="x",
        station_identity="CS-1",
        location_id=None,
        evse_number=1,
        id_token=None,
        started_at=NOON,
        ended_at=NOON + timedelta(minutes=minutes),
        energy_wh=energy_wh,
        tariff=None,
    )


@pytest.mark.parametrize(
    ("energy_wh", "minutes", "failed", "power_w", "is_empty"),
    [(10_000, 60, 0, 10_000, False), (0, 10, 1, 0, False), (99, 30, 1, 198, True), (1_000, 0, 0, 60_000, False)],
)
def test_end_of_a_session(energy_wh: int, minutes: int, failed: int, power_w: int, is_empty: bool) -> None:
    (kind, facts), *more = kinds(an_end(energy_wh, minutes))
    assert (kind, facts["failed"], facts["mean_power_w"]) == ("session.ended", failed, power_w)
    assert [kind for kind, _ in more] == (["session.empty"] if is_empty else [])


def test_reasons_of_a_doubt_are_one_signal_of_each_kind() -> None:
    reasons = ("conflict", "meter_missing", "start_missing", "not_authorized")
    event = SessionDoubted(**ABOUT, session_id="x", station_identity="CS-1", location_id="l", reasons=reasons)
    assert [kind for kind, _ in kinds(event)] == ["sequence.conflict", "meter.missing"]


@pytest.mark.parametrize(
    ("state", "effect", "by", "type", "expected"),
    [
        (CommandState.PENDING, None, "Ann", "reset", ["command.ordered"]),
        (CommandState.PENDING, None, "allocation", "set_charging_profile", []),
        (CommandState.PENDING, None, "Ann", "update_firmware", ["command.ordered", "firmware.ordered"]),
        (CommandState.ACCEPTED, "scheduled", "Ann", "reset", []),
        (CommandState.TIMED_OUT, None, "Ann", "reset", ["command.timed_out"]),
    ],
)
def test_command_counts_once_when_it_is_ordered(
    state: CommandState, effect: str | None, by: str, type: str, expected: list[str]
) -> None:
    event = CommandChanged(**ABOUT, command_id="c", type=type, state=state, effect=effect, requested_by=by)
    assert [kind for kind, _ in kinds(event)] == expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("log_in.failed", [("log_in.failed", "account", "account-1")]),
        ("passkey.added", [("factor.added", "actor", "Ann")]),
        ("step_up.failed", [("factor.asked", "account", "account-1")]),
        ("tariff.assigned", [("tariff.edited", "actor", "Ann")]),
        ("payment.refunded", [("refund.made", "actor", "Ann")]),
        ("api_key.made", [("act.sensitive", "actor", "Ann")]),
        ("tariff.edited", [("tariff.edited", "actor", "Ann")]),
        ("refund.made", [("refund.made", "actor", "Ann")]),
        ("session.exported", [("export.made", "rows", 12)]),
        ("station.edited", []),
    ],
)
def test_acts_that_the_audit_log_is_told_of(action: str, expected: list[tuple[str, str, Any]]) -> None:
    event = ActDone(
        operator_id=DEFAULT_OPERATOR_ID,
        at=NOON,
        actor_kind="account",
        actor_id="a",
        actor_name="Ann",
        action=action,
        target_kind="account",
        target_id="account-1",
        after={"rows": 12},
    )
    assert [
        (kind, name, facts[name]) for (kind, facts), (_, name, _) in zip(kinds(event), expected, strict=True)
    ] == expected
