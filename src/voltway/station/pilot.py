"""The control pilot and the proximity pilot of IEC 61851-1: states, duty cycle and current both ways, cable ratings. Pure.

The standard's own text was not at hand: the numbers are those that public manuals of makers quote from it, named beside each.
They are to be confirmed against the purchased standard before hardware is certified.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

CURRENT_A_MIN = 6.0
"""The least current that a duty cycle can offer; below it a station pauses (X1)."""
CURRENT_A_MAX = 80.0

PILOT_TOLERANCE_V = 1.1
"""Half the window around each level: +-1 V by IEC 61851-1, and a little for the measurement."""


class Pilot(StrEnum):
    """What the vehicle makes of the pilot, as the station measures it in the positive half wave."""

    A = "A"  # no vehicle, +12 V
    B = "B"  # connected, not ready, +9 V
    C = "C"  # ready, +6 V
    D = "D"  # ready, wants ventilation, +3 V
    E = "E"  # 0 V: short, or no supply
    F = "F"  # steady -12 V: the station is not available


LEVEL_V = {Pilot.A: 12.0, Pilot.B: 9.0, Pilot.C: 6.0, Pilot.D: 3.0, Pilot.E: 0.0, Pilot.F: -12.0}
CONNECTED = frozenset({Pilot.B, Pilot.C, Pilot.D})
DRAWING = frozenset({Pilot.C, Pilot.D})


def state_of(high_v: float) -> Pilot | None:
    """The state for a level of the positive half wave; None between the windows."""
    for state, level_v in LEVEL_V.items():
        if abs(high_v - level_v) <= PILOT_TOLERANCE_V:
            return state
    return None


def has_diode(high_v: float, low_v: float) -> bool:
    """Whether the vehicle's diode is seen: with PWM on, the negative half wave must be untouched.

    A bare resistor loads both half waves alike, so that the low level mirrors the high one.
    """
    return abs(low_v - LEVEL_V[Pilot.F]) <= PILOT_TOLERANCE_V and high_v > 0


@dataclass(frozen=True, slots=True)
class Output:
    """What the station puts on the pilot. `duty_percent` is given for PWM (X2) alone."""

    mode: Mode
    duty_percent: float = 0.0

    @property
    def is_pwm(self) -> bool:
        return self.mode is Mode.PWM


class Mode(StrEnum):
    """How the pilot is driven."""

    STEADY = "steady"  # X1: +12 V through the resistor, no PWM
    PWM = "pwm"  # X2
    E = "E"
    F = "F"


X1 = Output(Mode.STEADY)
STATE_E = Output(Mode.E)
STATE_F = Output(Mode.F)


def pwm(current_a: float) -> Output:
    """X2 with the duty cycle that offers a current."""
    return Output(Mode.PWM, duty_for(current_a))


DIGITAL_DUTY_PERCENT = 5.0
"""The duty that asks for digital communication (ISO 15118) instead of naming a current."""


def current_of(duty_percent: float) -> float | None:
    """The current in A that a duty cycle offers; 0 for the digital window; None where the duty is not allowed.

    Source: IEC 61851-1 table A.7 and A.8 as quoted in the manuals of Fluke FEV300 and Gossen Metrawatt M525B.
    """
    if 3 <= duty_percent <= 7:
        return 0.0
    if 8 <= duty_percent < 10:
        return 6.0
    if 10 <= duty_percent <= 85:
        return duty_percent * 0.6
    if 85 < duty_percent <= 96:
        return (duty_percent - 64) * 2.5
    if 96 < duty_percent <= 97:
        return 80.0
    return None


def duty_for(current_a: float) -> float:
    """The duty cycle in percent, in steps of 0.01, that offers a current: never more than it, from 6 to 80 A.

    Raises ValueError below 6 A: that is a pause, which no duty cycle says. Between 51 A and 52.5 A the two ranges leave a gap;
    51 A is offered.
    """
    if not current_a >= CURRENT_A_MIN:
        raise ValueError(f"{current_a} A cannot be offered: the least is {CURRENT_A_MIN} A, below it a station pauses")
    if current_a >= CURRENT_A_MAX:
        return 96.0
    exact = current_a / 0.6 if current_a <= 51 else max(85.0, current_a / 2.5 + 64)
    # A hair is added before rounding down, or 12 A, 20 % on paper, would become 19.99 %.
    return math.floor(exact * 100 + 1e-6) / 100


@dataclass(frozen=True, slots=True)
class CableRating:
    """A window of the proximity resistor, and the current that the cable may carry. `ohm_max` itself belongs to the next."""

    ohm_min: float
    ohm_max: float
    current_a: float


# Phoenix Contact, EV Charge Control Basic, table 5-1 (IEC 61851-1 table B.2).
CABLES = (
    CableRating(75, 150, 63.0),
    CableRating(150, 330, 32.0),
    CableRating(330, 1000, 20.0),
    CableRating(1000, 2200, 13.0),
)


def cable_current(resistance_ohm: float) -> float:
    """What the plugged cable may carry in A; 0 without a cable (above 2200 ohm) and for a short (below 75 ohm)."""
    for cable in CABLES:
        if cable.ohm_min <= resistance_ohm < cable.ohm_max:
            return cable.current_a
    return 0.0
