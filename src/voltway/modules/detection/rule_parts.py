"""What a rule is made of. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from voltway.contracts.detection import Severity
from voltway.modules.detection.checks import Check
from voltway.modules.detection.rules import Action

MINUTE, HOUR, DAY = 60, 3600, 86_400


class Parameter(msgspec.Struct, frozen=True):
    """A threshold that an operator may move between `low` and `high`."""

    default: float
    low: float
    high: float
    unit: str = ""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. `signal`: in words, what it looks at. `source`: who tells of it."""

    id: str
    title: str
    signal: str
    severity: Severity
    action: Action
    checks: tuple[Check, ...]
    parameters: Mapping[str, Parameter] = {}
    source: str
    waits_for: str = ""

    @property
    def is_waiting(self) -> bool:
        """Whether nothing in the platform gives its signals yet."""
        return not self.source


CRITICAL, WARNING, INFO = Severity.CRITICAL, Severity.WARNING, Severity.INFO
INCIDENT, REVIEW, QUARANTINE, THROTTLE = Action.INCIDENT, Action.REVIEW, Action.QUARANTINE, Action.THROTTLE

STATION, OPERATOR, ACTOR = ("station_id",), ("operator_id",), ("actor",)
SWITCHING = ("start_transaction", "stop_transaction", "set_charging_profile", "change_availability")
DROPPING = ("stop_transaction", "reset", "unlock_connector", "clear_charging_profile")


def count(default: float, high: float = 10_000, low: float = 0) -> Parameter:
    return Parameter(default, low, high)


def seconds(default: float, high: float = DAY, low: float = 1) -> Parameter:
    """A window or a duration. After a restart windows are read back from the outbox, which keeps a day: none is longer."""
    return Parameter(default, low, high, "s")
