"""The words that all modules share. They have the shape of OCPP 2.1; OCPI words where OCPP has none."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from voltway.kernel.money import Money


class ConnectorStatus(StrEnum):
    """What a connector is, in the words of OCPP 2.x."""

    AVAILABLE = "Available"
    OCCUPIED = "Occupied"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


class ChargingState(StrEnum):
    """What a transaction does, in the words of OCPP 2.x."""

    CHARGING = "Charging"
    EV_CONNECTED = "EVConnected"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"
    IDLE = "Idle"


class Registration(StrEnum):
    """Whether a station may work: belongs to its record, not to a link."""

    ACCEPTED = "accepted"
    PENDING = "pending"
    REJECTED = "rejected"


class AuthorizationStatus(StrEnum):
    """The verdict on a token, in the words of OCPP 2.x; a dialect says what its protocol can."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    CONCURRENT_TX = "ConcurrentTx"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    NO_CREDIT = "NoCredit"
    NOT_ALLOWED_TYPE_EVSE = "NotAllowedTypeEVSE"
    NOT_AT_THIS_LOCATION = "NotAtThisLocation"
    NOT_AT_THIS_TIME = "NotAtThisTime"
    UNKNOWN = "Unknown"


class SessionState(StrEnum):
    """Where a session is: wanted, running, over."""

    PENDING = "pending"
    ACTIVE = "active"
    ENDED = "ended"


class CommandState(StrEnum):
    """Where a command is. The last five are final."""

    PENDING = "pending"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    OFFLINE = "offline"


class IdToken(msgspec.Struct, frozen=True, gc=False):
    """What identifies a driver at a station. `kind` is the word of OCPP 2.x, None where the protocol does not say."""

    value: str
    kind: str | None = None


class SpendingLimit(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How far a session may go. None: no limit. `cost` incl. VAT; the duration counts from its start."""

    cost: Money | None = None
    energy_wh: int | None = None
    duration_s: int | None = None


class MeterSample(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Measured values at one instant, at one place. None: not measured.

    `energy_wh` is the import register, `power_w` the sum of phases, `current_a` the largest phase, `voltage_v` the mean.
    `phases`: measurand name -> {"L1": value, ...}; `extra`: what has no field of its own; `signed`: the text as received.
    """

    at: datetime
    context: str = "Sample.Periodic"
    location: str = "Outlet"
    energy_wh: int | None = None
    power_w: float | None = None
    current_a: float | None = None
    voltage_v: float | None = None
    soc_percent: float | None = None
    phases: dict[str, dict[str, float]] | None = None
    extra: dict[str, Any] | None = None
    signed: list[Any] | None = None
