"""The words that the station's behaviour uses, whatever protocol it speaks; the dialects turn them into messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum, auto


class EvseState(StrEnum):
    """Where an EVSE stands, finer than any protocol says it."""

    AVAILABLE = auto()
    RESERVED = auto()  # for somebody who is not here yet
    AUTHORIZED = auto()  # a token was accepted, the cable is awaited
    CONNECTED = auto()  # cable in, nothing authorised yet, or not yet charging
    CHARGING = auto()
    SUSPENDED_EV = auto()
    SUSPENDED_EVSE = auto()
    FINISHING = auto()  # the transaction is over, the cable still in
    UNAVAILABLE = auto()
    FAULTED = auto()


class Phase(StrEnum):
    """The three kinds of reports about a transaction."""

    STARTED = auto()
    UPDATED = auto()
    ENDED = auto()


class Trigger(StrEnum):
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
    ABNORMAL_CONDITION = auto()
    METER_VALUE_CLOCK = auto()
    RESUMED = auto()


class StopReason(StrEnum):
    """Why a transaction ended."""

    LOCAL = auto()
    REMOTE = auto()
    EV_DISCONNECTED = auto()
    DEAUTHORIZED = auto()
    RESET = auto()
    HARD_RESET = auto()
    UNLOCK_COMMAND = auto()
    POWER_LOSS = auto()
    REBOOT = auto()


STOP_TRIGGERS = {
    StopReason.LOCAL: Trigger.STOP_AUTHORIZED,
    StopReason.REMOTE: Trigger.REMOTE_STOP,
    StopReason.EV_DISCONNECTED: Trigger.EV_DEPARTED,
    StopReason.DEAUTHORIZED: Trigger.DEAUTHORIZED,
    StopReason.RESET: Trigger.RESET_COMMAND,
    StopReason.HARD_RESET: Trigger.RESET_COMMAND,
    StopReason.UNLOCK_COMMAND: Trigger.UNLOCK_COMMAND,
    StopReason.POWER_LOSS: Trigger.ABNORMAL_CONDITION,
    StopReason.REBOOT: Trigger.RESET_COMMAND,
}


class BootReason(StrEnum):
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
    SIGN_CERTIFICATE = auto()


class Context(Enum):
    """What a meter sample was taken for; the values are the words of OCPP, alike in all versions."""

    BEGIN = "Transaction.Begin"
    PERIODIC = "Sample.Periodic"
    CLOCK = "Sample.Clock"
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
class Sealed:
    """A signed record of a register, the text as it was signed (OCMF), and who can be asked whether it is: DER in hex."""

    text: str
    public_key: str


@dataclass(frozen=True, slots=True)
class MeterSample:
    """What the EVSE's meter shows at one instant; `phases` is 0 for DC.

    `current_a` is that of the phase that carries most, `voltage_v` the mean; `currents_a` and `voltages_v` are those of L1, L2, L3 where
    they were measured one by one. `measurands` are those of its values that the CSMS wants to hear.
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
    sealed: Sealed | None = None
    currents_a: tuple[float, ...] = ()
    voltages_v: tuple[float, ...] = ()


GUEST_TOKEN = "SIMULATOR"
"""What drivers present unless told otherwise; the demo network knows it, so that visiting stations can charge there."""


@dataclass(frozen=True, slots=True)
class IdToken:
    """A driver's token; `kind` is a word of OCPP 2.x, and 1.6 cannot say it."""

    value: str
    kind: str = "ISO14443"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault that stands, in the words of each version; `mrec` is its number in the list of minimum required error codes."""

    name: str
    code_16: str
    component: str
    variable: str
    mrec: int | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """An EVSE is kept for a token, or for others of its group, until an instant."""

    number: int
    token: IdToken
    group: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ChargingNeeds:
    """What a car wants, as it says over ISO 15118; `phases` is 0 for DC. `energy_wh` is counted at the meter."""

    phases: int
    energy_wh: int
    departs_at: datetime
    current_a_min: float
    current_a_max: float
    power_w_max: float
    soc_percent: float
    battery_wh: int


@dataclass(slots=True, eq=False)
class Transaction:
    """The station's record of one charge. `transaction_id` is None until somebody has given it one; `key` is the station's own
    name for it. `is_clock_unsure`: it was begun by a clock that nobody had set."""

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
    key: str = ""
    group: str | None = None
    seen_at: datetime | None = None
    reservation_number: int | None = None
    is_clock_unsure: bool = False
    began: MeterSample | None = None
    """The signed reading of the begin, where values are signed: 1.6 can tell it only at the end."""


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
    is_clock_unsure: bool = False


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
    quirks: tuple[str, ...] = ()
    """Deviations of its make (`simulator/quirks.py`); a real station has none that it knows of."""
    signs: bool = False
    """Whether its meters sign begin and end of a charge; of a real station its configuration says it."""


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
    faults: int = 0  # injected
    denials: int = 0
    given_up: int = 0
    refusals: dict[str, int] = field(default_factory=dict)
