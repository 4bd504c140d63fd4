"""Where meters keep their values: register maps as data, and how values are read out of registers. Pure.

A new meter is a new entry of METERS. Addresses are those of the protocol, counted from 0.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from voltway.station.hardware.ports import MeterReading, Phase


class Format(StrEnum):
    """How a number lies in 16-bit registers."""

    FLOAT32 = "float32"  # IEEE 754, high word first
    INT32_LOW_FIRST = "int32_low_first"  # two's complement, low word first
    INT16 = "int16"


class Table(StrEnum):
    """Which of Modbus's tables."""

    INPUT = "input"  # function 4
    HOLDING = "holding"  # function 3


@dataclass(frozen=True, slots=True)
class Register:
    """One value; `scale` makes it V, A, W, Hz or Wh."""

    address: int
    format: Format
    scale: float = 1.0

    @property
    def length(self) -> int:
        """How many registers it takes."""
        return 1 if self.format is Format.INT16 else 2


@dataclass(frozen=True, slots=True)
class MeterMap:
    """A make of meter."""

    table: Table
    voltages: tuple[Register, ...]
    currents: tuple[Register, ...]
    powers: tuple[Register, ...]
    energy: Register
    frequency: Register

    @property
    def registers(self) -> tuple[Register, ...]:
        """All values."""
        return (*self.voltages, *self.currents, *self.powers, self.energy, self.frequency)

    def blocks(self, most: int = 60, gap: int = 16) -> list[tuple[int, int]]:
        """(address, count) of the requests that read all values: near ones together, none longer than `most`."""
        blocks: list[tuple[int, int]] = []
        for register in sorted(self.registers, key=lambda one: one.address):
            end = register.address + register.length
            if blocks and register.address - sum(blocks[-1]) <= gap and end - blocks[-1][0] <= most:
                blocks[-1] = (blocks[-1][0], end - blocks[-1][0])
            else:
                blocks.append((register.address, register.length))
        return blocks

    def reading(self, words: dict[int, int]) -> MeterReading:
        """What registers, by address, amount to. Raises ValueError for what cannot be a measurement."""

        def value(register: Register) -> float:
            return number([words[register.address + at] for at in range(register.length)], register)

        phases = zip(self.voltages, self.currents, self.powers, strict=True)
        energy_wh = value(self.energy)
        if energy_wh < 0:
            raise ValueError(f"a register of energy that is negative: {energy_wh} Wh")
        return MeterReading(
            energy_wh=round(energy_wh),
            phases=tuple(Phase(value(voltage), value(current), value(power)) for voltage, current, power in phases),
            frequency_hz=value(self.frequency),
        )


def number(words: Sequence[int], register: Register) -> float:
    """A value from its registers. Raises ValueError for what is no finite number."""
    match register.format:
        case Format.FLOAT32:
            raw: float = struct.unpack(">f", struct.pack(">HH", *words))[0]
        case Format.INT32_LOW_FIRST:
            raw = struct.unpack(">i", struct.pack(">HH", words[1], words[0]))[0]
        case Format.INT16:
            raw = struct.unpack(">h", struct.pack(">H", words[0]))[0]
    if not math.isfinite(raw):
        raise ValueError(f"register {register.address} holds no number")
    return raw * register.scale


def _row(format_: Format, scale: float, *addresses: int) -> tuple[Register, ...]:
    return tuple(Register(address, format_, scale) for address in addresses)


_F, _I = Format.FLOAT32, Format.INT32_LOW_FIRST

METERS: dict[str, MeterMap] = {
    # Eastron SDM630 Modbus protocol: input registers, all of them float.
    "sdm630": MeterMap(
        Table.INPUT,
        voltages=_row(_F, 1, 0, 2, 4),
        currents=_row(_F, 1, 6, 8, 10),
        powers=_row(_F, 1, 12, 14, 16),
        energy=Register(72, _F, 1000),
        frequency=Register(70, _F),
    ),
    # Carlo Gavazzi EM330/EM340 communication protocol: low word first; V and W in tenths, A in thousandths, kWh in tenths.
    "em340": MeterMap(
        Table.HOLDING,
        voltages=_row(_I, 0.1, 0x00, 0x02, 0x04),
        currents=_row(_I, 0.001, 0x0C, 0x0E, 0x10),
        powers=_row(_I, 0.1, 0x12, 0x14, 0x16),
        energy=Register(0x34, _I, 100),
        frequency=Register(0x33, Format.INT16, 0.1),
    ),
}

# --- SunSpec: the meter says itself where its values lie.

SUNSPEC_BASES = (40000, 50000, 0)
SUNSPEC_MARK = (0x5375, 0x6E53)
SUNSPEC_END = 0xFFFF
SUNSPEC_METERS = range(201, 205)
"""The models of a meter with integers and scale factors: one phase, split, wye, delta."""
SUNSPEC_LENGTH = 55
"""Registers of the model that are read, its head included."""
_NOT_THERE = 0x8000


def sunspec_reading(words: Sequence[int]) -> MeterReading:
    """What a SunSpec meter's model amounts to; `words` begin with the model's number.

    Raises ValueError if values are marked as not implemented. Source: SunSpec information models, 201 to 204.
    """
    signed: tuple[int, ...] = struct.unpack(f">{len(words)}h", struct.pack(f">{len(words)}H", *words))

    def scaled(at: int, factor_at: int) -> float:
        if words[at] == _NOT_THERE or words[factor_at] == _NOT_THERE:
            raise ValueError(f"the meter does not measure what model {words[0]} has at {at}")
        return signed[at] * 10.0 ** signed[factor_at]

    count = 1 if words[0] == 201 else 2 if words[0] == 202 else 3
    phases = tuple(
        Phase(voltage_v=scaled(8 + phase, 15), current_a=scaled(3 + phase, 6), power_w=scaled(19 + phase, 22))
        for phase in range(count)
    )
    energy_wh = (words[46] << 16 | words[47]) * 10.0 ** signed[54]
    return MeterReading(round(energy_wh), phases, scaled(16, 17))
