"""An AC EVSE as it is in a real station: the controller's own state machine (`station/evse.py`) over a simulated board, with a
car before it, in the fleet's time.

What a board and a car do at once is done at once, so that a fleet needs no task per station: events wait in a line of their
own, and the machine's deadline is one timer. Only the meter is computed, by `SimulatedEvse`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime
from functools import cache
from math import inf

from voltway.charging.profiles import Step
from voltway.station.board_hardware import CHARGING_STATES, LIMIT_STEP_A, first_trouble, trouble_of
from voltway.station.evse import Evse
from voltway.station.evse_words import (
    Action,
    Answer,
    Authorise,
    Command,
    Event,
    EvseSettings,
    FaultChanged,
    Limit,
    SetAvailable,
    StateChanged,
    Stop,
    Unlock,
    WakeUp,
)
from voltway.station.faults import Fault
from voltway.station.hardware.simulated import SimulatedBoard
from voltway.station.ocpp.virtual_time import VirtualClock
from voltway.station.ocpp.vocabulary import EvseSpec, EvseState, Trouble
from voltway.station.pilot import CURRENT_A_MAX, Pilot, current_of
from voltway.station.simulator import car
from voltway.station.simulator.evse import PluggedCar, SimulatedEvse

REACTION_S = 0.3
"""A car answers to a pilot that has changed after so long; it may take 5 s (IEC 61851-1 table A.6)."""
LIMITS_EVERY_S = 10.0
"""How often the profiles are asked anew while a car is there; a real station does it each second."""
SOCKETS = ("s",)
_TOLD = (StateChanged, FaultChanged, Answer)


class MachineEvse(SimulatedEvse):
    """See the module. `look` is called when something has changed, `on_fault` with a fault that came or went."""

    __slots__ = (
        "_clock",
        "_inbox",
        "_is_turning",
        "_is_wanted",
        "_limits_timer",
        "_number",
        "_reaction",
        "_then",
        "_timer",
        "_timer_s",
        "board",
        "look",
        "machine",
        "on_fault",
    )

    def __init__(
        self,
        spec: EvseSpec,
        clock: VirtualClock,
        register_wh: float,
        allowed: Callable[[datetime], Step],
    ) -> None:
        super().__init__(spec, clock.now(), register_wh, allowed)
        self._clock = clock
        self.board = SimulatedBoard(spec.phases)
        self.machine = Evse(settings_of(spec), clock.elapsed_s())
        self.look: Callable[[], object] = _nobody
        self.on_fault: Callable[[Trouble, bool], object] = _nobody
        self._inbox: deque[Event | Command | None] = deque()
        self._number = 0
        self._is_turning = self._is_wanted = False
        self._then: Callable[[], object] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_s = inf
        self._reaction: asyncio.TimerHandle | None = None
        self._limits_timer: asyncio.TimerHandle | None = None
        self.board.begin(self._take)

    # -- what the station asks --------------------------------------------------------------------------------------

    @property
    def is_faulted(self) -> bool:
        """Whether a fault forbids to charge."""
        return self.machine.faults.blocks

    @property
    def trouble(self) -> Trouble | None:
        """The first fault that blocks, or else one that stands."""
        return first_trouble(self.machine.faults)

    def permit_power(self, is_permitted: bool, at: datetime) -> None:
        """Authorise, or end it."""
        self._is_wanted = is_permitted
        self._order_power()

    def when_off(self, then: Callable[[], object]) -> None:
        """Call once the contactor is open."""
        self._then = then
        self._tell_off()

    def release(self, then: Callable[[bool], object]) -> None:
        """Unlock; a charge is stopped before."""
        self._order(Unlock)
        then(True)

    def take_out(self, is_out: bool) -> None:
        """State F while it is out of service."""
        self._order(SetAvailable, not is_out)

    def charging_state(self, at: datetime) -> EvseState:
        """By the state machine."""
        return CHARGING_STATES.get(self.machine.state, EvseState.CONNECTED)

    def advance(self, to: datetime) -> None:
        """Let the time pass, then take a new limit."""
        super().advance(to)
        self._apply_limit(to)
        self._await_car()

    def close(self) -> None:
        """Stop every timer."""
        for timer in (self._timer, self._reaction, self._limits_timer):
            if timer is not None:
                timer.cancel()

    # -- the world --------------------------------------------------------------------------------------------------

    def plug(self, plugged: PluggedCar, connector_number: int, at: datetime) -> None:
        """The cable goes in."""
        super().plug(plugged, connector_number, at)
        self._happen(lambda: self.board.connect(Pilot.B))

    def unplug(self, at: datetime) -> None:
        """It comes out."""
        super().advance(at)
        self.car = None
        self._is_wanted = False
        self._happen(lambda: self.board.connect(Pilot.A))
        self._connect(at)

    def inject(self, fault: Fault, is_present: bool = True) -> None:
        """A fault's cause comes or goes."""
        self._happen(lambda: self.board.inject(fault, is_present))

    # -- the machine's turns ----------------------------------------------------------------------------------------

    def _take(self, thing: Event | Command | None) -> None:
        """An event, a command, or with None just the time. One after the other, whoever calls from where."""
        self._inbox.append(thing)
        if not self._is_turning:
            self._settle()

    def _happen(self, act: Callable[[], object]) -> None:
        """Something in the world: all that the board tells of it belongs to one instant."""
        super().advance(self._clock.now())
        self._is_turning = True
        try:
            act()
        finally:
            self._is_turning = False
        self._settle()

    def _settle(self) -> None:
        self._is_turning = True
        # One instant for an event and all that follows from it: to the machine, a process that was put aside for some milliseconds in
        # between would be a pilot that does not follow for some seconds of a fast fleet.
        now, now_s = self._clock.now(), self._clock.elapsed_s()
        try:
            while self._inbox:
                self._turn(self._inbox.popleft(), now, now_s)
        finally:
            self._is_turning = False
        self._arm()
        self._order_power()
        self._await_car()
        self._tell_off()
        self.look()

    def _turn(self, thing: Event | Command | None, now: datetime, now_s: float) -> None:
        super().advance(now)  # what was drawn until now was drawn by the old order of things
        self._connect(now)
        if thing is None:
            actions = self.machine.tick(now_s)
        elif isinstance(thing, Command):
            actions = self.machine.command(thing, now_s)
        else:
            actions = self.machine.handle(thing, now_s)
        for action in actions:
            self._do(action)
        self._connect(now)

    def _do(self, action: Action) -> None:
        if isinstance(action, FaultChanged):
            self.on_fault(trouble_of(action.fault), not action.stands)
        elif not isinstance(action, _TOLD):
            self.board.do(action)

    def _connect(self, at: datetime) -> None:
        """What the board has switched is what the meter sees."""
        self.is_power_permitted = self.board.is_closed
        self.power_w = self._drawn_w(at)

    def _arm(self) -> None:
        """Have `tick` called at the machine's deadline."""
        deadline_s = self.machine.deadline_s
        if deadline_s == self._timer_s:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_s = None, deadline_s
        if deadline_s != inf:
            wait_s = max(deadline_s - self._clock.elapsed_s(), 0.0)
            self._timer = self._clock.after(wait_s, self._due)

    def _due(self) -> None:
        self._timer, self._timer_s = None, inf
        self._take(None)

    # -- the car ----------------------------------------------------------------------------------------------------

    def _wished(self) -> Pilot:
        if self.car is None:
            return Pilot.A
        return Pilot.C if self.board.output.is_pwm and not self.car.is_full else Pilot.B

    def _await_car(self) -> None:
        """It answers to the pilot a moment later."""
        if self._reaction is None and self._wished() is not self.board.vehicle:
            self._reaction = self._clock.after(REACTION_S, self._react)

    def _react(self) -> None:
        self._reaction = None
        self._happen(self._follow)

    def _follow(self) -> None:
        if self._wished() is not self.board.vehicle:
            self.board.connect(self._wished())

    # -- power and its limits ---------------------------------------------------------------------------------------

    def _supply(self, at: datetime) -> car.Supply:
        """What the pilot offers, and not more than the profiles allow at that instant."""
        supply, output = super()._supply(at), self.board.output
        offered_a = (current_of(output.duty_percent) or 0.0) if output.is_pwm else 0.0
        return car.Supply(min(supply.power_w_max, offered_a * supply.phases * supply.voltage_v), supply.phases)

    def _order_power(self) -> None:
        """Have the machine authorised as it is wanted; one that refused for a fault is asked again when that has gone."""
        machine = self.machine
        is_able = machine.is_plugged and machine.is_in_service and not machine.faults.blocks
        if self._is_wanted and is_able and not machine.is_authorised:
            self._order(Authorise)
        elif not self._is_wanted and machine.is_authorised:
            self._order(Stop)

    def _order(self, kind: Callable[..., Command], *arguments: object) -> None:
        self._number += 1
        self._take(kind(self._number, *arguments))

    def _apply_limit(self, at: datetime) -> None:
        most_a, step = self.machine.settings.current_a_max, self.allowed(at)
        if step.limit is not None:
            most_a = min(most_a, step.limit / (car.NOMINAL_VOLTAGE_V * self._phases_of(step)))
            if self._limits_timer is None and self.machine.is_authorised:
                self._limits_timer = self._clock.after(LIMITS_EVERY_S, self._look_at_limits)
        if abs(most_a - self.machine.limit_a) > LIMIT_STEP_A:
            self._order(Limit, most_a)

    def _look_at_limits(self) -> None:
        self._limits_timer = None
        self.advance(self._clock.now())

    def _tell_off(self) -> None:
        if self._then is not None and self.machine.is_confirmed_open and not self.machine.is_authorised:
            then, self._then = self._then, None
            then()


@cache
def settings_of(spec: EvseSpec) -> EvseSettings:
    """What the machine is told of an EVSE; all of a make share it."""
    current_a = min(spec.power_w_max / (car.NOMINAL_VOLTAGE_V * spec.phases), CURRENT_A_MAX)
    has_socket = spec.connectors[0].kind.startswith(SOCKETS)
    return EvseSettings(current_a_max=current_a, phases=spec.phases, has_socket=has_socket, wake_up=WakeUp.NONE)


def _nobody(*arguments: object) -> None:
    """Nobody listens yet."""
