"""Which template a station gets, how a run went, what differs from a template. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

SET_VARIABLES = "set_variables"
ACCEPTED = "accepted"
GONE = frozenset({"offline", "timed_out"})
"""A station that has gone is told no more: the whole is done again when it boots."""


class Selecting(Protocol):
    """What a template says of the stations that it is for."""

    vendor: str | None
    model: str | None
    location_id: str | None


class Place(NamedTuple):
    """What a station is and where."""

    vendor: str | None
    model: str | None
    location_id: str | None


class Difference(NamedTuple):
    """A variable that is not what its template says; `actual` None: the station has not told it."""

    component: str | None
    variable: str
    wanted: str
    actual: str | None


def fits(template: Selecting, place: Place) -> bool:
    """Whether a template is for such a station. Makes compare without case, by how they begin."""
    return (
        _begins(place.vendor, template.vendor)
        and _begins(place.model, template.model)
        and template.location_id in (None, place.location_id)
    )


def choose(templates: Iterable[Any], place: Place) -> Any:
    """The template that says most about a station, the newest of several; None where none fits."""
    fitting = [template for template in templates if fits(template, place)]
    return max(fitting, key=lambda each: (_weight(each), each.created_at, each.id), default=None)


def _weight(template: Selecting) -> tuple[bool, int, int]:
    return template.location_id is not None, len(template.vendor or ""), len(template.model or "")


def _begins(word: str | None, wanted: str | None) -> bool:
    return wanted is None or (word or "").strip().casefold().startswith(wanted.strip().casefold())


def state_of(steps: Sequence[Mapping[str, Any]], count: int) -> str:
    """How a run of so many steps has ended."""
    is_done = len(steps) == count and all(step["state"] == ACCEPTED for step in steps)
    return "done" if is_done else "failed"


def differences(steps: Iterable[Mapping[str, Any]], actual: Mapping[tuple[Any, ...], str | None]) -> list[Difference]:
    """What of the variables in a template's steps is otherwise at the station; `actual` by `key_of`."""
    wanted = [
        variable
        for step in steps
        if step["type"] == SET_VARIABLES
        for variable in step["arguments"].get("variables", ())
        if variable.get("attribute", "Actual") == "Actual"
    ]
    found = []
    for variable in wanted:
        now = actual.get(key_of(variable))
        if now != variable["value"]:
            name = variable.get("variable") or variable["key"]
            found.append(Difference(variable.get("component"), name, variable["value"], now))
    return found


PLACE = ("component", "component_instance", "evse_number", "connector_number", "instance")


def key_of(variable: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells a variable from the others of its station; a configuration key of OCPP 1.6 is a variable of no component."""
    return (*(variable.get(name) for name in PLACE), variable.get("variable") or variable.get("key"))


# ---- what not everybody may see

_MASK = "********"


def without_secrets(document: Any) -> Any:
    """The arguments of an order with its passwords hidden."""
    if isinstance(document, Mapping):
        return {
            name: _MASK if name == "password" and value is not None else without_secrets(value)
            for name, value in document.items()
        }
    if isinstance(document, list):
        return [without_secrets(each) for each in document]
    return document
