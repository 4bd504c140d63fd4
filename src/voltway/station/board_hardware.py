"""The hardware that OCPP's side of an EVSE sees, over the state machine, its board and its meter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime

from voltway.charging.profiles import AC_VOLTAGE_V, Step
from voltway.kernel import clock
from voltway.station.controller import EvseController
from voltway.station.evse_words import (
    Authorise,
    Command,
    Limit,
    Outcome,
    SetAvailable,
    State,
    Stop,
    SwitchPhases,
    Unlock,
)
from voltway.station.faults import TABLE, Fault
from voltway.station.hardware.ports import MeterReading
from voltway.station.ocpp.charging import EvseControl
from voltway.station.ocpp.limits import phases_of_limit
from voltway.station.ocpp.vocabulary import Context, EvseSpec, EvseState, MeterSample, Transaction, Trouble
from voltway.station.off_peak import LoadShaper

LIMIT_STEP_A = 0.05
DRAWS_A = 1.0
"""A phase with less than this is not in use: a vehicle that draws takes 6 A, or nearly."""
SETTLE_S = 0.5
CHARGING_STATES = {
    State.CHARGING: EvseState.CHARGING,
    State.SUSPENDED_EV: EvseState.SUSPENDED_EV,
    State.SUSPENDED_EVSE: EvseState.SUSPENDED_EVSE,
}


def trouble_of(fault: Fault) -> Trouble:
    """A fault in the words of its row."""
    row = TABLE[fault]
    return Trouble(fault.value, row.ocpp16, row.component, row.variable, row.mrec)


def first_trouble(faults: Iterable[Fault]) -> Trouble | None:
    """Of the faults that stand the first one that blocks, or else any."""
    standing = sorted(faults, key=lambda fault: not TABLE[fault].reaction.blocks)
    return trouble_of(standing[0]) if standing else None


class BoardHardware:
    """One EVSE's machine as OCPP's side wants it. `control` is told of cables and states; `noticed` and `measured` say when."""

    def __init__(
        self,
        spec: EvseSpec,
        controller: EvseController,
        now: Callable[[], datetime],
        allowed: Callable[[datetime], Step],
    ) -> None:
        self.spec = spec
        self.connector_number = 1
        self.control: EvseControl | None = None
        self._controller = controller
        self._machine = controller.evse
        self._now, self._allowed = now, allowed
        self._phases_used = self._phases_ordered = 0
        """On how many phases this vehicle has drawn, and which number of them was ordered last; 0: none yet."""
        self.interrupted: list[Transaction] = []
        self.is_settled = False
        self.local_limit_a: float | None = None
        """What the house allows, whatever the CSMS says above it."""
        self.shaper: LoadShaper | None = None
        """The rules of Great Britain for private charging, where they are wished."""
        self.is_paused = False
        """Whether the house wants nothing to flow."""
        self._known_at_s: float | None = None
        self._is_wanted = self._was_plugged = False
        self._then: Callable[[], object] | None = None
        self.reading: MeterReading | None = None
        self._energy_wh = 0
        self._orders: set[asyncio.Task[Outcome]] = set()
        self._is_ordering = False

    # --- What the station asks.

    @property
    def is_plugged(self) -> bool:
        """Whether a vehicle's cable is in."""
        return self._machine.is_plugged

    @property
    def is_faulted(self) -> bool:
        """Whether a fault forbids to charge."""
        return self._machine.faults.blocks

    @property
    def trouble(self) -> Trouble | None:
        """The first fault that blocks, or else one that stands."""
        return first_trouble(self._machine.faults)

    def permit_power(self, is_permitted: bool, at: datetime) -> None:
        """Authorise, or end it."""
        self._is_wanted = is_permitted
        self._order_power()

    def when_off(self, then: Callable[[], object]) -> None:
        """Call after the next reading with an open contactor."""
        self._then = then

    def sample(self, at: datetime, context: Context, measurands: tuple[str, ...]) -> MeterSample:
        """The last reading."""
        # A meter may have more phases than the EVSE.
        phases = self.reading.phases[: self.spec.phases] if self.reading else ()
        live = [phase for phase in phases if phase.voltage_v > 50]
        return MeterSample(
            at=at,
            context=context,
            energy_wh=self._energy_wh,
            power_w=round(sum(phase.power_w for phase in phases), 1),
            current_a=round(max((phase.current_a for phase in phases), default=0.0), 2),
            voltage_v=round(sum(phase.voltage_v for phase in live) / len(live), 1) if live else 0.0,
            phases=len(phases) or self.spec.phases,
            soc_percent=None,
            measurands=measurands,
            currents_a=tuple(round(phase.current_a, 2) for phase in phases),
            voltages_v=tuple(round(phase.voltage_v, 1) for phase in phases),
        )

    def charging_state(self, at: datetime) -> EvseState:
        """By the state machine."""
        return CHARGING_STATES.get(self._machine.state, EvseState.CONNECTED)

    def advance(self, to: datetime) -> None:
        """Take a new limit at once."""
        self._apply_limit(to)

    def release(self, then: Callable[[bool], object]) -> None:
        """Unlock; a charge is stopped before."""
        task = self._order(Unlock)
        task.add_done_callback(lambda done: then(not done.cancelled() and done.result() is Outcome.DONE))

    def take_out(self, is_out: bool) -> None:
        """State F while it is out of service."""
        self._order(SetAvailable, not is_out)

    # --- What happens at the EVSE.

    def noticed(self) -> None:
        """Something has changed in the state machine."""
        control, is_plugged = self.control, self._machine.is_plugged
        if control is None or not self.is_settled:
            return
        if is_plugged is not self._was_plugged:
            self._was_plugged = is_plugged
            self._phases_used = self._phases_ordered = 0
            (control.plugged if is_plugged else control.unplugged)()
        control.refresh()

    def measured(self, reading: MeterReading | None, energy_wh: int, is_off: bool) -> None:
        """A second has passed: what the meter shows (None: it is lost), and whether nothing flowed when it was read."""
        self.reading, self._energy_wh = reading or self.reading, energy_wh
        if is_off and self._then is not None:
            then, self._then = self._then, None
            then()
        self._note_phases()
        if self._is_settled():
            self.noticed()
            self._order_power()
            self._apply_limit(self._now())

    def _is_settled(self) -> bool:
        """Whether the board has had its second to tell how everything stands; what a power cut interrupted is looked at then."""
        if not self.is_settled and self._machine.is_closed is not None and self.reading is not None:
            self._known_at_s = self._known_at_s or clock.monotonic()
            self.is_settled = clock.monotonic() - self._known_at_s >= SETTLE_S
            if self.is_settled and self.control is not None:
                self._was_plugged = self._machine.is_plugged
                for transaction in self.interrupted:
                    self.control.interrupted(transaction)
                if self._was_plugged and self.control.transaction is None:
                    self.control.plugged()
        return self.is_settled

    # --- Inside.

    def _order_power(self) -> None:
        """Have the machine authorised as it is wanted; one that refused for a fault is asked again when that has gone."""
        machine = self._machine
        if self._is_ordering:
            return
        if self._is_wanted and not machine.is_authorised and machine.is_plugged and not machine.faults.blocks:
            self._begin(Authorise)
        elif not self._is_wanted and machine.is_authorised:
            self._begin(Stop)

    def _begin(self, kind: Callable[..., Command]) -> None:
        self._is_ordering = True
        self._order(kind).add_done_callback(self._ordered)

    def _ordered(self, task: asyncio.Task[Outcome]) -> None:
        self._is_ordering = False
        if not task.cancelled() and task.result() is Outcome.DONE:
            self._order_power()

    def _apply_limit(self, at: datetime) -> None:
        most_a = self._machine.settings.current_a_max
        if self.is_paused:
            most_a = 0.0
        elif self.local_limit_a is not None:
            most_a = min(most_a, self.local_limit_a)
        step = self._allowed(at)
        self._order_phases(step)
        if step.limit is not None:
            phases = phases_of_limit(self._machine.phases, step.number_phases, self._phases_used)
            most_a = min(most_a, step.limit / (AC_VOLTAGE_V * phases))
        if self.shaper is not None:
            if not self.is_plugged:
                self.shaper.unplugged()
            most_a = self.shaper.shape(most_a, at.astimezone(), clock.monotonic())
        if abs(most_a - self._machine.limit_a) > LIMIT_STEP_A:
            self._order(Limit, most_a)

    def _note_phases(self) -> None:
        """How many phases the vehicle takes shows while it draws. It never takes more later than it can, so the most counts."""
        if self.is_plugged and self.reading is not None:
            drawn = sum(phase.current_a >= DRAWS_A for phase in self.reading.phases[: self.spec.phases])
            self._phases_used = max(self._phases_used, drawn)

    def _order_phases(self, step: Step) -> None:
        """One phase or three as the profiles have it, where the installation may switch; each wish is ordered once."""
        settings = self._machine.settings
        if not settings.can_switch_phases or settings.phases == 1:
            return
        wanted = 1 if step.limit is not None and step.number_phases == 1 else settings.phases
        if wanted != (self._phases_ordered or self._machine.phases):
            self._phases_ordered = wanted
            self._order(SwitchPhases, wanted)

    def _order(self, kind: Callable[..., Command], *arguments: object) -> asyncio.Task[Outcome]:
        task = asyncio.ensure_future(self._controller.command(kind, *arguments))
        self._orders.add(task)
        task.add_done_callback(self._orders.discard)
        return task
