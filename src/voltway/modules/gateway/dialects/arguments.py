"""How commands read their arguments, and what they answer: refusals that name the field, outcomes from the wire's status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from voltway.contracts.station_link import CommandOutcome
from voltway.contracts.vocabulary import CommandState
from voltway.kernel.errors import InvalidField

DONE = "done"

_ACCEPTING: dict[str, str | None] = {
    "Accepted": None,
    "AcceptedCanceled": None,  # yes, and what was under way before is given up for it
    "Unlocked": DONE,
    "Unpublished": DONE,
    "Scheduled": "scheduled",
    "RebootRequired": "reboot_required",
}
"""A status that means yes -> the effect that it tells of."""


def wrong(path: str, message: str) -> InvalidField:
    """A problem with one argument."""
    return InvalidField.at(f"$.{path}", message)


def require_length(path: str, text: str, length_max: int) -> None:
    """Raise InvalidField for a text that the protocol has no room for."""
    if not 0 < len(text) <= length_max:
        raise wrong(path, f"this station's protocol takes 1 to {length_max} characters")


def each_variable(arguments: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """The items of a variables command, each with its path."""
    for index, item in enumerate(arguments["variables"]):
        yield f"variables[{index}]", item


def outcome_of(response: Any, *, is_done: bool = False, result: Any = None) -> CommandOutcome:
    """The outcome that a response's `status` means; `is_done`: its Accepted says that all is done by now.

    What a 2.x station says beside it (`statusInfo`) is the result where there is no other.
    """
    word = str(response.status)
    is_accepted = word in _ACCEPTING
    effect = _ACCEPTING.get(word) or (DONE if is_done and is_accepted else None)
    said = getattr(response, "status_info", None)
    if result is None and said is not None:
        result = {"reason_code": said.reason_code, "additional_info": said.additional_info}
    return CommandOutcome(
        state=CommandState.ACCEPTED if is_accepted else CommandState.REJECTED,
        wire_status=word,
        effect=effect,
        result=result,
    )


def outcome_of_all(statuses: list[str], result: Any) -> CommandOutcome:
    """The outcome of several things done as one: the first refusal counts, then a reboot that is needed, then a delay."""
    refused = [status for status in statuses if status not in _ACCEPTING]
    delayed = [status for status in statuses if _ACCEPTING.get(status)]
    word = (refused or delayed or statuses)[0]
    return CommandOutcome(
        state=CommandState.REJECTED if refused else CommandState.ACCEPTED,
        wire_status=word,
        effect=None if refused else (_ACCEPTING.get(word) or DONE),
        result=result,
    )
