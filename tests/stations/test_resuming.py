"""Which profiles of a transaction are set again after an interruption."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from voltway.modules.stations.resuming import to_repeat

SET, CLEAR, START = "set_charging_profile", "clear_charging_profile", "start_transaction"


def command(kind: str, remote_start_id: int | None = None, **arguments: Any) -> Any:
    return SimpleNamespace(type=kind, arguments=arguments, remote_start_id=remote_start_id)


def a_profile(number: int, purpose: str = "TxProfile", level: int = 0) -> dict[str, Any]:
    return {"id": number, "stack_level": level, "charging_profile_purpose": purpose}


def standing(*commands: Any, remote_start_id: int | None = None) -> list[int]:
    return [profile["id"] for profile in to_repeat(commands, "ours", remote_start_id)]


def test_profiles_of_the_session_are_set_again_and_no_others() -> None:
    assert standing(
        command(SET, session_id="ours", charging_profile=a_profile(1)),
        command(SET, session_id="another", charging_profile=a_profile(2)),
        command(SET, evse_number=1, charging_profile=a_profile(3, "TxDefaultProfile")),
        command(SET, session_id="ours", charging_profile=a_profile(4)),
    ) == [1, 4]


def test_a_profile_that_was_set_anew_is_set_again_once_and_as_the_newest() -> None:
    newer = a_profile(1, level=5)
    given = [
        command(SET, session_id="ours", charging_profile=a_profile(1)),
        command(SET, session_id="ours", charging_profile=a_profile(2)),
        command(SET, session_id="ours", charging_profile=newer),
    ]
    assert to_repeat(given, "ours", None) == [a_profile(2), newer]


def test_the_profile_of_the_remote_start_belongs_to_its_session_only() -> None:
    start = command(START, remote_start_id=7, charging_profile=a_profile(1))
    assert standing(start, remote_start_id=7) == [1]
    assert standing(start, remote_start_id=8) == []
    assert standing(command(START, charging_profile=a_profile(1))) == []


def test_names_of_the_wire_are_understood() -> None:
    wire = {"id": 1, "stackLevel": 3, "chargingProfilePurpose": "TxProfile"}
    given = [command(SET, session_id="ours", charging_profile=wire)]
    assert standing(*given) == [1]
    assert standing(*given, command(CLEAR, stack_level=3)) == []


@pytest.mark.parametrize(
    ("criteria", "left"),
    [
        ({"charging_profile_id": 1}, [2]),
        ({"charging_profile_id": 9}, [1, 2]),
        ({"purpose": "TxProfile"}, []),
        ({"purpose": "TxDefaultProfile"}, [1, 2]),
        ({"purpose": "TxProfile", "stack_level": 4}, [1]),
        ({"evse_number": 1}, []),
    ],
)
def test_what_was_cleared_is_not_set_again(criteria: dict[str, Any], left: list[int]) -> None:
    given = [
        command(SET, session_id="ours", charging_profile=a_profile(1, level=0)),
        command(SET, session_id="ours", charging_profile=a_profile(2, level=4)),
    ]
    assert standing(*given, command(CLEAR, **criteria)) == left
    assert standing(command(CLEAR, **criteria), *given) == [1, 2], "what comes later stays"
