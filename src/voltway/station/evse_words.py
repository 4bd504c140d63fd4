"""What goes into the EVSE's state machine and what comes out of it: events, commands, actions. Frozen, no behaviour.

All times are seconds of a clock that only grows; the machine has none of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from voltway.station.faults import Fault
from voltway.station.pilot import Output, Pilot


class WakeUp(StrEnum):
    """How a vehicle that was offered a current and sleeps on is woken."""

    NONE = "none"
    X1 = "x1"  # 3 s without PWM
    E = "e"  # 4 s of state E: some vehicles need it, some take it for a fault


@dataclass(frozen=True, slots=True)
class EvseSettings:
    """What one EVSE is built of and may do."""

    current_a_max: float = 32.0
    phases: int = 3
    has_socket: bool = True
    """A socket outlet with a lock and a proximity pilot; else a cable that is fixed to the station."""
    has_ventilation: bool = False
    can_switch_phases: bool = False
    """Some vehicles have been damaged by it: only where the operator says so."""
    wake_up: WakeUp = WakeUp.X1
    fault_f_s: float = 0.3
    """State F after a fault that opened the contactor, at least 0.3 s by IEC 61851-1:2017 table A.5; 0 for old hybrids."""


class State(StrEnum):
    """How an EVSE stands, for whoever tells it on."""

    AVAILABLE = "available"
    PREPARING = "preparing"  # plugged or authorised, not both; or on the way to the first offer
    CHARGING = "charging"
    SUSPENDED_EV = "suspended_ev"
    SUSPENDED_EVSE = "suspended_evse"
    FINISHING = "finishing"  # authorisation has ended, the vehicle is still plugged
    UNAVAILABLE = "unavailable"
    FAULTED = "faulted"


# --- Events: what the hardware tells.


@dataclass(frozen=True, slots=True)
class PilotMeasured:
    """A debounced state of the pilot."""

    pilot: Pilot


@dataclass(frozen=True, slots=True)
class ContactorConfirmed:
    """The mirror contact: whether the contactor is really closed."""

    is_closed: bool


@dataclass(frozen=True, slots=True)
class LockConfirmed:
    """The lock's feedback."""

    is_locked: bool


@dataclass(frozen=True, slots=True)
class CableRated:
    """What the proximity pilot says that the cable may carry; 0 without a cable."""

    current_a: float


@dataclass(frozen=True, slots=True)
class PhasesConfirmed:
    """How many phases the contactor would close now."""

    phases: int


@dataclass(frozen=True, slots=True)
class SelfTestDone:
    """How the test of the residual current detector ended."""

    passed: bool


@dataclass(frozen=True, slots=True)
class FaultCame:
    """The cause of a fault is there."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class FaultWent:
    """The cause of a fault is gone."""

    fault: Fault


Event = (
    PilotMeasured
    | ContactorConfirmed
    | LockConfirmed
    | CableRated
    | PhasesConfirmed
    | SelfTestDone
    | FaultCame
    | FaultWent
)


# --- Commands: each is answered once, with an Answer of its number.


@dataclass(frozen=True, slots=True)
class Authorise:
    """Somebody may charge here."""

    number: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Authorisation ends. Answered when the contactor is confirmed open."""

    number: int


@dataclass(frozen=True, slots=True)
class Permit:
    """Energy management allows power, or takes it back."""

    number: int
    is_permitted: bool


@dataclass(frozen=True, slots=True)
class Limit:
    """The most current per phase in A; below 6 A the EVSE pauses. Answered when the vehicle is told."""

    number: int
    current_a: float


@dataclass(frozen=True, slots=True)
class SwitchPhases:
    """Charge with one phase or with three."""

    number: int
    phases: int


@dataclass(frozen=True, slots=True)
class Unlock:
    """Let the cable go; a charge is stopped first. Answered when the lock is open."""

    number: int


@dataclass(frozen=True, slots=True)
class SetAvailable:
    """Take the EVSE out of service or back. A charge that runs is not disturbed; it takes effect after it."""

    number: int
    is_available: bool


@dataclass(frozen=True, slots=True)
class ResetFaults:
    """An operator has looked: latched faults whose cause is gone end."""

    number: int


Command = Authorise | Stop | Permit | Limit | SwitchPhases | Unlock | SetAvailable | ResetFaults


class Outcome(StrEnum):
    """How a command ended."""

    DONE = "done"
    REFUSED = "refused"  # nothing was done
    FAILED = "failed"  # it was tried
    REPLACED = "replaced"  # a newer command of the same kind took its place


# --- Actions: what the machine wants done, in this order.


@dataclass(frozen=True, slots=True)
class SetPilot:
    """Drive the pilot."""

    output: Output


@dataclass(frozen=True, slots=True)
class AllowPower:
    """Permit the board to close the contactor, or have it opened. The board may refuse, never the other way round."""

    is_allowed: bool


@dataclass(frozen=True, slots=True)
class SetLock:
    """Drive the lock."""

    is_locked: bool


@dataclass(frozen=True, slots=True)
class SetPhases:
    """Choose the phases that the contactor closes."""

    phases: int


@dataclass(frozen=True, slots=True)
class SelfTest:
    """Test the residual current detector."""


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The EVSE stands differently."""

    state: State


@dataclass(frozen=True, slots=True)
class FaultChanged:
    """A fault stands, or has ended."""

    fault: Fault
    stands: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """A command has ended."""

    number: int
    outcome: Outcome


Action = SetPilot | AllowPower | SetLock | SetPhases | SelfTest | StateChanged | FaultChanged | Answer
