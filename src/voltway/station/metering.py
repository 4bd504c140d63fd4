"""What a station measures and when it says so: a register that never falls, samples in their right context, clock-aligned values.

Times come in; the only I/O is the register's file. Contexts and measurands are OCPP's own words, the same in 1.6 and 2.x.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from voltway.station.hardware.ports import MeterReading
from voltway.station.register_file import RegisterFile

DAY_S = 86_400
GAP_WH_MAX = 100_000
"""More than a charge brings between two readings: a meter that was exchanged, or one that lies."""


class Context(StrEnum):
    """Why a value was taken."""

    BEGIN = "Transaction.Begin"
    END = "Transaction.End"
    PERIODIC = "Sample.Periodic"
    CLOCK = "Sample.Clock"
    TRIGGER = "Trigger"
    INTERRUPTION_BEGIN = "Interruption.Begin"
    INTERRUPTION_END = "Interruption.End"


class Measurand(StrEnum):
    """What was measured."""

    ENERGY = "Energy.Active.Import.Register"
    POWER = "Power.Active.Import"
    CURRENT = "Current.Import"
    VOLTAGE = "Voltage"
    FREQUENCY = "Frequency"


UNITS = {
    Measurand.ENERGY: "Wh",
    Measurand.POWER: "W",
    Measurand.CURRENT: "A",
    Measurand.VOLTAGE: "V",
    Measurand.FREQUENCY: "Hz",
}


@dataclass(frozen=True, slots=True)
class Value:
    """One value. `phase` is L1, L2, L3 (voltages: L1-N …), or None for all of them together."""

    measurand: Measurand
    value: float
    phase: str | None = None

    @property
    def unit(self) -> str:
        """The unit that OCPP has for the measurand."""
        return UNITS[self.measurand]


@dataclass(frozen=True, slots=True)
class Sample:
    """What was measured at one instant, and why."""

    at: datetime
    context: Context
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class MeteringPlan:
    """What is sampled and how often; an interval of 0 s is off."""

    sampled: tuple[Measurand, ...] = (Measurand.ENERGY,)
    sample_every_s: int = 60
    aligned: tuple[Measurand, ...] = (Measurand.ENERGY,)
    aligned_every_s: int = 0
    begin_and_end: tuple[Measurand, ...] = (Measurand.ENERGY,)

    def of(self, context: Context) -> tuple[Measurand, ...]:
        """Which measurands belong into a sample of this context."""
        match context:
            case Context.BEGIN | Context.END:
                return self.begin_and_end
            case Context.CLOCK:
                return self.aligned
        return self.sampled


class EnergyRegister:
    """The station's own register in Wh: it follows the meter's increments, never falls, and survives a reboot.

    A meter that starts again lower (it was exchanged, or lost its own register) goes on from where this one stands. The meter's
    last reading is kept in the same write as the register: what it counted while the station was off is counted once.
    """

    def __init__(self, file: RegisterFile) -> None:
        self._file = file
        self.resets = 0
        """How often the meter's own register stepped back, or forth by more than can be."""

    @property
    def energy_wh(self) -> int:
        """What it shows."""
        return self._file.value

    def follow(self, meter_wh: int) -> int:
        """Take a reading of the meter; what the register shows then. It is on the disk when this returns."""
        if self._file.value == self._file.beside == 0:
            step_wh = meter_wh  # the very first one: both begin alike, so that they can be compared by eye
        else:
            step_wh = meter_wh - self._file.beside
            if not 0 <= step_wh <= GAP_WH_MAX:
                self.resets += 1
                step_wh = 0
        if meter_wh != self._file.beside:
            self._file.write(self._file.value + step_wh, beside=meter_wh)
        return self._file.value


def sample(plan: MeteringPlan, context: Context, at: datetime, reading: MeterReading, energy_wh: int) -> Sample:
    """What a plan has in a sample of this context."""
    return Sample(at, context, values_of(reading, energy_wh, plan.of(context)))


def values_of(reading: MeterReading, energy_wh: int, measurands: tuple[Measurand, ...]) -> tuple[Value, ...]:
    """The values of a reading for these measurands, per phase and together, in their order."""
    return tuple(_values(reading, energy_wh, measurands))


def _values(reading: MeterReading, energy_wh: int, measurands: tuple[Measurand, ...]) -> Iterator[Value]:
    for measurand in measurands:
        match measurand:
            case Measurand.ENERGY:
                yield Value(measurand, energy_wh)
            case Measurand.POWER:
                yield Value(measurand, reading.power_w)
                for number, phase in enumerate(reading.phases, 1):
                    yield Value(measurand, phase.power_w, f"L{number}")
            case Measurand.CURRENT:
                for number, phase in enumerate(reading.phases, 1):
                    yield Value(measurand, phase.current_a, f"L{number}")
            case Measurand.VOLTAGE:
                for number, phase in enumerate(reading.phases, 1):
                    yield Value(measurand, phase.voltage_v, f"L{number}-N")
            case Measurand.FREQUENCY if reading.frequency_hz is not None:
                yield Value(measurand, reading.frequency_hz)


class SamplingClock:
    """Says when a sample is due, and in which context. One per EVSE; the caller takes the reading."""

    def __init__(self, plan: MeteringPlan) -> None:
        self.plan = plan
        self._sample_at: datetime | None = None
        self._aligned_at: datetime | None = None

    def begin(self, now: datetime) -> Context:
        """A transaction begins: periodic samples count from here."""
        self._sample_at = self._next_sample(now)
        return Context.BEGIN

    def end(self) -> Context:
        """The transaction ends: nothing periodic comes after it."""
        self._sample_at = None
        return Context.END

    def due(self, now: datetime) -> list[Context]:
        """The contexts that are due now; each at most once, whatever time was slept through.

        A clock that was set (back or far ahead) begins its intervals anew: no flood of what would have been.
        """
        found = []
        if self._sample_at is not None:
            if now >= self._sample_at:
                found.append(Context.PERIODIC)
                self._sample_at = self._next_sample(now)
            elif self._sample_at - now > timedelta(seconds=self.plan.sample_every_s):
                self._sample_at = self._next_sample(now)
        if self.plan.aligned_every_s:
            following = aligned_after(now, self.plan.aligned_every_s)
            if self._aligned_at is not None and now >= self._aligned_at:
                found.append(Context.CLOCK)
            self._aligned_at = following
        return found

    def next_at(self, now: datetime) -> datetime | None:
        """When `due` should be asked next; None if nothing is planned."""
        if self.plan.aligned_every_s and self._aligned_at is None:
            self._aligned_at = aligned_after(now, self.plan.aligned_every_s)
        return min((at for at in (self._sample_at, self._aligned_at) if at is not None), default=None)

    def _next_sample(self, now: datetime) -> datetime | None:
        return now + timedelta(seconds=self.plan.sample_every_s) if self.plan.sample_every_s else None


def aligned_after(now: datetime, every_s: int) -> datetime:
    """The next instant after `now` that is a whole number of intervals from midnight UTC (OCPP 1.6 9.1.2, 2.x J01); midnight
    itself always is one, so that an interval that does not divide the day begins anew."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    passed_s = (now - midnight).total_seconds()
    following_s = (int(passed_s) // every_s + 1) * every_s
    return midnight + timedelta(seconds=min(following_s, DAY_S))
