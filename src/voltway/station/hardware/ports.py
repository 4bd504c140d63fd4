"""What the controller needs of hardware, one protocol per part. Each has real adapters and a simulated one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from voltway.station.evse_words import Action, Event


class HardwareLost(Exception):
    """A part does not answer."""


class Board(Protocol):
    """The microcontroller that owns pilot, contactor, lock and residual current detector of one EVSE."""

    async def start(self, on_event: Callable[[Event], None]) -> None:
        """Begin; from now on `on_event` is called with whatever the board tells. Raises HardwareLost."""

    async def perform(self, action: Action) -> bool:
        """Have the board do something; False if it refused or does not answer (an event tells which)."""

    async def reset_faults(self) -> bool:
        """Let latched faults go whose cause is gone."""

    def measures(self) -> Mapping[str, float]:
        """What it measures beside the pilot, by the measures of the fault table; empty while it has told nothing."""

    @property
    def current_a_max(self) -> float | None:
        """What its contactor and wires carry per phase; None while it has not told."""

    async def close(self) -> None:
        """Stop; without a heartbeat the board opens by itself."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase at one instant."""

    voltage_v: float
    current_a: float
    power_w: float


@dataclass(frozen=True, slots=True)
class MeterReading:
    """What a meter shows at one instant. `energy_wh` is its register of imported energy, which only grows."""

    energy_wh: int
    phases: tuple[Phase, ...]
    frequency_hz: float | None = None

    @property
    def power_w(self) -> float:
        """The power of all phases."""
        return sum(phase.power_w for phase in self.phases)


class EnergyMeter(Protocol):
    """A meter of one EVSE."""

    async def read(self) -> MeterReading:
        """What it shows now. Raises HardwareLost."""

    async def close(self) -> None:
        """Let it go."""


@dataclass(frozen=True, slots=True)
class Card:
    """A card that somebody held to the reader: its number in upper-case hex, most significant octet first."""

    uid: str


class CardReader(Protocol):
    """A reader of RFID cards."""

    async def next_card(self) -> Card:
        """Wait for the next card. Raises HardwareLost."""

    async def close(self) -> None:
        """Let it go."""


class Lines(Protocol):
    """Digital inputs and outputs by name: buttons, lamps, door contacts."""

    def read(self) -> dict[str, bool]:
        """All inputs. Raises HardwareLost."""

    def write(self, name: str, is_on: bool) -> None:
        """One output. Raises HardwareLost; KeyError if there is none of that name."""

    def close(self) -> None:
        """Let them go."""
