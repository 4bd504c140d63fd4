"""The words that the station's behaviour uses, whatever protocol it speaks; the dialects turn them into messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto


class EvseState(Enum):
    """Where an EVSE stands, finer than any protocol says it."""

    AVAILABLE = auto()
    AUTHORIZED = auto()  # a token was accepted, the cable is awaited
    CONNECTED = auto()  # cable in, nothing authorised yet, or not yet charging
    CHARGING = auto()
    SUSPENDED_EV = auto()
    SUSPENDED_EVSE = auto()
    FINISHING = auto()  # the transaction is over, the cable still in
    UNAVAILABLE = auto()
    FAULTED = auto()


class Phase(Enum):
    """The three kinds of reports about a transaction."""

    STARTED = auto()
    UPDATED = auto()
    ENDED = auto()


class Trigger(Enum):
    """Why a report about a transaction is sent."""

    AUTHORIZED = auto()
    CABLE_PLUGGED_IN = auto()
    REMOTE_START = auto()
    CHARGING_STATE_CHANGED = auto()
    METER_VALUE_PERIODIC = auto()
    STOP_AUTHORIZED = auto()
    REMOTE_STOP = auto()
    EV_DEPARTED = auto()
    DEAUTHORIZED = auto()
    RESET_COMMAND = auto()
    UNLOCK_COMMAND = auto()
    REQUESTED = auto()


class StopReason(Enum):
    """Why a transaction ended."""

    LOCAL = auto()
    REMOTE = auto()
    EV_DISCONNECTED = auto()
    DEAUTHORIZED = auto()
    RESET = auto()
    HARD_RESET = auto()
    UNLOCK_COMMAND = auto()


STOP_TRIGGERS = {
    StopReason.LOCAL: Trigger.STOP_AUTHORIZED,
    StopReason.REMOTE: Trigger.REMOTE_STOP,
    StopReason.EV_DISCONNECTED: Trigger.EV_DEPARTED,
    StopReason.DEAUTHORIZED: Trigger.DEAUTHORIZED,
    StopReason.RESET: Trigger.RESET_COMMAND,
    StopReason.HARD_RESET: Trigger.RESET_COMMAND,
    StopReason.UNLOCK_COMMAND: Trigger.UNLOCK_COMMAND,
}


class BootReason(Enum):
    """Why the station booted."""

    POWER_UP = auto()
    REMOTE_RESET = auto()
    TRIGGERED = auto()


class Registration(Enum):
    """What the CSMS said to our boot."""

    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"


class Triggered(Enum):
    """What the CSMS may ask us to send at once."""

    BOOT = auto()
    HEARTBEAT = auto()
    STATUS = auto()
    METER_VALUES = auto()
    TRANSACTION = auto()


class Context(Enum):
    """What a meter sample was taken for; the values are the words of OCPP, alike in all versions."""

    BEGIN = "Transaction.Begin"
    PERIODIC = "Sample.Periodic"
    END = "Transaction.End"
    TRIGGER = "Trigger"


class Verdict(Enum):
    """The answer of a command, in the words that every OCPP version has some of; a dialect's table narrows them."""

    ACCEPTED = auto()
    REJECTED = auto()
    SCHEDULED = auto()
    UNKNOWN = auto()
    NOT_IMPLEMENTED = auto()
    REBOOT_REQUIRED = auto()
    READ_ONLY = auto()
    BUSY = auto()


@dataclass(frozen=True, slots=True)
class MeterSample:
    """What the EVSE's meter shows at one instant; currents are per phase, `phases` is 0 for DC.

    `measurands` are those of its values that the CSMS wants to hear.
    """

    at: datetime
    context: Context
    energy_wh: int
    power_w: float
    current_a: float
    voltage_v: float
    phases: int
    soc_percent: float | None
    measurands: tuple[str, ...]


GUEST_TOKEN = "SIMULATOR"
"""What drivers present unless told otherwise; the demo network knows it, so that visiting stations can charge there."""


@dataclass(frozen=True, slots=True)
class IdToken:
    """A driver's token; `kind` is a word of OCPP 2.x, and 1.6 cannot say it."""

    value: str
    kind: str = "ISO14443"


@dataclass(slots=True, eq=False)
class Transaction:
    """The station's record of one charge. `transaction_id` is None until somebody has given it one."""

    evse_number: int
    connector_number: int
    token: IdToken
    started_at: datetime
    meter_start_wh: int
    transaction_id: str | None
    remote_start_id: int | None = None
    ended_at: datetime | None = None
    meter_stop_wh: int | None = None
    stop_reason: StopReason | None = None
    is_denied: bool = False
    next_sequence: int = 0


@dataclass(frozen=True, slots=True)
class TransactionReport:
    """One fact about a transaction, queued until the CSMS has confirmed it."""

    transaction: Transaction
    phase: Phase
    at: datetime
    sequence: int
    trigger: Trigger
    state: EvseState
    samples: tuple[MeterSample, ...]
    is_offline: bool


@dataclass(frozen=True, slots=True)
class ConnectorSpec:
    """A plug: `kind` is the connector type in the words of OCPP 2.x, such as cType2 or cCCS2."""

    kind: str = "cType2"


@dataclass(frozen=True, slots=True)
class EvseSpec:
    """An EVSE to be simulated; `phases` is 0 for DC."""

    power_w_max: int = 22_080
    phases: int = 3
    connectors: tuple[ConnectorSpec, ...] = (ConnectorSpec(),)

    @property
    def is_dc(self) -> bool:
        return self.phases == 0


@dataclass(frozen=True, slots=True)
class StationSpec:
    """A station to be simulated. `protocol` is the WebSocket sub-protocol: ocpp1.6, ocpp2.0.1 or ocpp2.1."""

    identity: str
    protocol: str
    vendor: str = "Voltway"
    model: str = "Simulated 22"
    serial_number: str | None = None
    firmware_version: str = "1.0.0"
    password: str | None = None
    evses: tuple[EvseSpec, ...] = (EvseSpec(),)
    sample_interval_s: int = 60


@dataclass(slots=True)
class Counters:
    """What a fleet counts while it runs."""

    calls_sent: int = 0
    calls_received: int = 0
    call_errors: int = 0
    timeouts: int = 0
    late_answers: int = 0
    connects: int = 0
    connect_failures: int = 0
    connect_failure: str | None = None  # the last one, in a sentence
    postponed: int = 0  # the server was busy and said when to come back
    links_lost: int = 0
    denials: int = 0
    refusals: dict[str, int] = field(default_factory=dict)
