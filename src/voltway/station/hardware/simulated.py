"""Simulated hardware for every port, with faults to inject. The board keeps the rules of the real one: it closes only for a
vehicle in C with PWM on and a tested detector, and opens by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from voltway.kernel import clock
from voltway.station.evse_words import (
    Action,
    AllowPower,
    CableRated,
    ContactorConfirmed,
    Event,
    FaultCame,
    FaultWent,
    LockConfirmed,
    PhasesConfirmed,
    PilotMeasured,
    SelfTest,
    SelfTestDone,
    SetLock,
    SetPhases,
    SetPilot,
)
from voltway.station.faults import TABLE, Fault, Reaction
from voltway.station.hardware.ports import Card, HardwareLost, MeterReading, Phase
from voltway.station.pilot import DRAWING, X1, Mode, Output, Pilot, current_of

NOMINAL_V = 230.0


class SimulatedBoard:
    """A board with a vehicle before it. `vehicle` is moved by `connect`; the attributes named after defects inject them."""

    def __init__(self, phases: int = 3) -> None:
        self.vehicle = Pilot.A
        self.output: Output = X1
        self.phases = phases
        self.is_closed = self.is_locked = False
        self.is_welded = self.is_contactor_dead = self.is_lock_jammed = self.is_detector_broken = self.is_silent = False
        self.faults: set[Fault] = set()
        self.ambient_c = 25.0
        self.vehicle_phases = 3
        self._cable_a = 0.0
        self.current_a_max: float | None = None
        self._is_allowed = self._is_tested = False
        self._on_event: Callable[[Event], None] = lambda event: None

    async def start(self, on_event: Callable[[Event], None]) -> None:
        """Tell how everything stands. Raises HardwareLost if it is silent."""
        self.begin(on_event)

    def begin(self, on_event: Callable[[Event], None]) -> None:
        """`start`, for whoever runs it without waiting."""
        if self.is_silent:
            raise HardwareLost("the simulated board is silent")
        self._on_event = on_event
        for event in (ContactorConfirmed(False), LockConfirmed(False), PhasesConfirmed(self.phases)):
            on_event(event)
        if self.vehicle is not Pilot.A:
            on_event(CableRated(self._cable_a))
        on_event(PilotMeasured(self._pilot()))

    async def perform(self, action: Action) -> bool:
        """As the real board does it; False where that would refuse."""
        return self.do(action)

    def do(self, action: Action) -> bool:
        """`perform`, for whoever runs it without waiting."""
        if self.is_silent:
            return False
        match action:
            case SetPilot(output):
                self.output = output
                self._on_event(PilotMeasured(self._pilot()))
                self._settle()
            case AllowPower(is_allowed):
                if is_allowed and (not self._is_tested or any(TABLE[fault].reaction.blocks for fault in self.faults)):
                    return False
                self._is_allowed = is_allowed
                self._settle()
            case SetLock(is_locked):
                if not is_locked and self.is_closed:
                    return False
                if not self.is_lock_jammed and is_locked != self.is_locked:
                    self.is_locked = is_locked
                    self._on_event(LockConfirmed(is_locked))
            case SetPhases(phases):
                if self.is_closed:
                    return False
                self.phases = phases
                self._on_event(PhasesConfirmed(phases))
            case SelfTest():
                self._is_tested = not self.is_detector_broken
                self._on_event(SelfTestDone(self._is_tested))
        return True

    async def reset_faults(self) -> bool:
        """Nothing is latched here."""
        return not self.is_silent

    def measures(self) -> Mapping[str, float]:
        """As warm as it was made."""
        return {"ambient_c": self.ambient_c}

    async def close(self) -> None:
        """Open, as without a heartbeat."""
        self._is_allowed = False
        self._settle()

    # --- The world.

    def connect(self, vehicle: Pilot, cable_a: float = 32.0) -> None:
        """The vehicle is in another state; A: it is gone."""
        if vehicle is not Pilot.A and self.vehicle is Pilot.A:
            self._cable_a = cable_a
            self._on_event(CableRated(cable_a))
        if vehicle is Pilot.A:
            self._is_tested = False
        self.vehicle = vehicle
        self._settle()
        self._on_event(PilotMeasured(self._pilot()))

    def inject(self, fault: Fault, is_present: bool = True) -> None:
        """A fault's cause comes or goes."""
        (self.faults.add if is_present else self.faults.discard)(fault)
        if is_present and TABLE[fault].reaction is Reaction.OPEN:
            self._is_allowed = False  # of one that lets the vehicle stop by itself the machine says when
        self._settle()
        self._on_event((FaultCame if is_present else FaultWent)(fault))
        if fault is Fault.BOARD_LOST and not is_present:
            self._on_event(ContactorConfirmed(self.is_closed))  # a board that is back tells how everything stands

    def _pilot(self) -> Pilot:
        if self.output.mode in {Mode.E, Mode.F}:
            return Pilot(self.output.mode.value)
        return self.vehicle

    def _settle(self) -> None:
        wanted = self._is_allowed and self.vehicle in DRAWING and self.output.mode in {Mode.PWM, Mode.STEADY}
        may_close = self.is_closed or self.output.is_pwm
        is_closed = self.is_welded or (wanted and may_close and not self.is_contactor_dead)
        if self.is_welded and not self.is_closed:
            is_closed = wanted  # it welds while it is closed
        if is_closed != self.is_closed:
            self.is_closed = is_closed
            self._on_event(ContactorConfirmed(is_closed))

    @property
    def used_phases(self) -> int:
        """On how many phases the vehicle draws."""
        return min(self.phases, self.vehicle_phases)

    @property
    def current_a(self) -> float:
        """What the vehicle draws per phase: all that it is offered."""
        if not self.is_closed or not self.output.is_pwm:
            return 0.0
        return current_of(self.output.duty_percent) or 0.0


class SimulatedMeter:
    """A meter that counts what a current source draws, by the clock. `is_lost` and `steps_back_wh` inject defects.

    Of its phases only the first `used` carry the current; all of them if that is not given.
    """

    def __init__(
        self,
        current_a: Callable[[], float],
        phases: int = 3,
        energy_wh: float = 0.0,
        used: Callable[[], int] | None = None,
    ) -> None:
        self._current_a, self._phases = current_a, phases
        self._used = used or (lambda: phases)
        self._energy_wh = energy_wh
        self._at_s = clock.monotonic()
        self.is_lost = False
        self.steps_back_wh = 0

    async def read(self) -> MeterReading:
        """What it shows now. Raises HardwareLost."""
        if self.is_lost:
            raise HardwareLost("the simulated meter is lost")
        now_s = clock.monotonic()
        current_a = self._current_a()
        used = min(self._used(), self._phases)
        phase, idle = Phase(NOMINAL_V, current_a, NOMINAL_V * current_a), Phase(NOMINAL_V, 0.0, 0.0)
        self._energy_wh += phase.power_w * used * (now_s - self._at_s) / 3600
        self._at_s = now_s
        phases = (phase,) * used + (idle,) * (self._phases - used)
        return MeterReading(int(self._energy_wh) - self.steps_back_wh, phases, 50.0)

    async def close(self) -> None:
        """Nothing to let go."""


class SimulatedCardReader:
    """A reader to which cards are held by calling `hold`."""

    def __init__(self) -> None:
        self._cards: asyncio.Queue[Card | None] = asyncio.Queue()

    def hold(self, uid: str) -> None:
        """Hold a card to it."""
        self._cards.put_nowait(Card(uid))

    def lose(self) -> None:
        """Pull its cable."""
        self._cards.put_nowait(None)

    async def next_card(self) -> Card:
        """Wait for the next card. Raises HardwareLost."""
        card = await self._cards.get()
        if card is None:
            raise HardwareLost("the simulated reader is lost")
        return card

    async def close(self) -> None:
        """Nothing to let go."""


class SimulatedLines:
    """Digital lines in memory. `inputs` is the world's to change, `outputs` shows what was written."""

    def __init__(self, inputs: dict[str, bool], outputs: dict[str, bool]) -> None:
        self.inputs, self.outputs = inputs, outputs
        self.is_lost = False

    def read(self) -> dict[str, bool]:
        """All inputs. Raises HardwareLost."""
        if self.is_lost:
            raise HardwareLost("the simulated lines are lost")
        return dict(self.inputs)

    def write(self, name: str, is_on: bool) -> None:
        """One output. Raises HardwareLost; KeyError if there is none of that name."""
        if self.is_lost:
            raise HardwareLost("the simulated lines are lost")
        if name not in self.outputs:
            raise KeyError(name)
        self.outputs[name] = is_on

    def close(self) -> None:
        """Nothing to let go."""
