"""Which template a station gets, how a run went, what differs from a template. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from voltway.contracts.setting_names import KEYS, PLACES
from voltway.contracts.setting_names import Place as Setting

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


REBOOT_REQUIRED, REBOOTING = "reboot_required", "rebooting"
IN_FORCE = "in force since an earlier run"


def needs_boot(step: Mapping[str, Any]) -> bool:
    """Whether a station takes a step with its next boot only."""
    return step["state"] == ACCEPTED and step.get("effect") == REBOOT_REQUIRED


def left_to_do(
    wanted: Mapping[str, Any], before: Mapping[str, Any] | None, actual: Mapping[tuple[Any, ...], str | None]
) -> dict[str, Any] | None:
    """What of a step is not yet in force after a run that failed; None: all of it is. `before` is how the step ended then.
    Of variables those that the station has told to be so are left out."""
    if before is not None and before["state"] == ACCEPTED:
        return None
    if before is None or wanted["type"] != SET_VARIABLES:
        return dict(wanted)
    variables = wanted["arguments"].get("variables", ())
    lacking = [
        one for one in variables if one.get("attribute", "Actual") != "Actual" or _told(one, actual) != one["value"]
    ]
    return {**wanted, "arguments": {**wanted["arguments"], "variables": lacking}} if lacking else None


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
        now = _told(variable, actual)
        if now != variable["value"]:
            name = variable.get("variable") or variable["key"]
            found.append(Difference(variable.get("component"), name, variable["value"], now))
    return found


def _told(variable: Mapping[str, Any], actual: Mapping[tuple[Any, ...], str | None]) -> str | None:
    """What a station has told of a variable, under the name that the template gives it, or the one of the other protocol: a
    2.x station told by a key of 1.6 has the variable, and the other way about."""
    found = actual.get(key_of(variable))
    return found if found is not None else actual.get(key_of(other_name(variable) or variable))


def other_name(variable: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the other protocol calls a setting; None where it has none that we know."""
    if "key" in variable:
        place = PLACES.get(variable["key"])
        return None if place is None else place._asdict()
    if any(variable.get(name) is not None for name in ("component_instance", "evse_number", "connector_number")):
        return None
    key = KEYS.get(Setting(variable.get("component") or "", variable["variable"], variable.get("instance")))
    return None if key is None else {"key": key}


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
