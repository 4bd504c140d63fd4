"""The simulated hardware of one EVSE: contactor, meter and whatever car is plugged in.

The station's behaviour uses it as it would use real hardware: it permits or forbids power, sets a limit and reads the
meter. Nothing runs in the background: the physics catches up whenever somebody looks.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from voltway.charging.profiles import DC_VOLTAGE_V, Step
from voltway.station.ocpp.limits import phases_of_limit
from voltway.station.ocpp.vocabulary import Context, EvseSpec, EvseState, MeterSample, Trouble
from voltway.station.simulator import car


class PluggedCar:
    """One car at the cable, with its present state of charge."""

    __slots__ = ("model", "soc_percent")

    def __init__(self, model: car.CarModel, soc_percent: float) -> None:
        self.model = model
        self.soc_percent = soc_percent

    @property
    def is_full(self) -> bool:
        return self.soc_percent >= car.FULL_PERCENT


class SimulatedEvse:
    """`allowed` answers what limit in W holds at an instant; it is asked at each step of the physics."""

    __slots__ = ("_at", "_register_wh", "allowed", "car", "connector_number", "is_power_permitted", "power_w", "spec")

    def __init__(self, spec: EvseSpec, at: datetime, register_wh: float, allowed: Callable[[datetime], Step]) -> None:
        self.spec = spec
        self.allowed = allowed
        self.car: PluggedCar | None = None
        self.connector_number = 1
        self.is_power_permitted = False
        self.power_w = 0.0
        self._at = at
        self._register_wh = register_wh

    @property
    def register_wh(self) -> int:
        """The meter's register: whole Wh, never falling."""
        return int(self._register_wh)

    @property
    def is_plugged(self) -> bool:
        return self.car is not None

    @property
    def is_faulted(self) -> bool:
        """Nothing breaks here."""
        return False

    @property
    def trouble(self) -> Trouble | None:
        """So there is nothing to tell."""
        return None

    def when_off(self, then: Callable[[], object]) -> None:
        """It opens at once."""
        then()

    def release(self, then: Callable[[bool], object]) -> None:
        """Its lock never jams."""
        then(True)

    def take_out(self, is_out: bool) -> None:
        """It has nothing to show it with."""

    def close(self) -> None:
        """Nothing runs here."""

    def charging_state(self, at: datetime) -> EvseState:
        """By who keeps the power at zero, if it is."""
        if self.power_w > 0:
            return EvseState.CHARGING
        if not self.is_power_permitted or self.is_limited_to_nothing(at):
            return EvseState.SUSPENDED_EVSE
        return EvseState.SUSPENDED_EV

    def plug(self, plugged: PluggedCar, connector_number: int, at: datetime) -> None:
        self.advance(at)
        self.car = plugged
        self.connector_number = connector_number

    def unplug(self, at: datetime) -> None:
        self.advance(at)
        self.car = None
        self.is_power_permitted = False
        self.power_w = 0.0

    def permit_power(self, is_permitted: bool, at: datetime) -> None:
        """Close or open the contactor."""
        self.advance(at)
        self.is_power_permitted = is_permitted
        self.power_w = self._drawn_w(at)

    def advance(self, to: datetime) -> None:
        """Let the time pass up to an instant; an earlier one changes nothing."""
        left_s = (to - self._at).total_seconds()
        if left_s <= 0:
            return
        begin, self._at = self._at, to
        if not self.is_power_permitted or self.car is None:
            return
        while left_s > 0:
            seconds = min(left_s, car.STEP_S_MAX)
            step = car.charge(self.car.model, self.car.soc_percent, self._supply(begin), seconds)
            self.car.soc_percent = step.soc_percent
            self._register_wh += step.energy_wh
            left_s -= seconds
            begin += timedelta(seconds=seconds)
        self.power_w = self._drawn_w(to)

    def sample(self, at: datetime, context: Context, measurands: tuple[str, ...]) -> MeterSample:
        """Read the meter."""
        self.advance(at)
        phases = 0 if self.spec.is_dc or self.car is None else min(self.spec.phases, self.car.model.ac_phases)
        voltage_v = DC_VOLTAGE_V if self.spec.is_dc else car.NOMINAL_VOLTAGE_V
        return MeterSample(
            at=at,
            context=context,
            energy_wh=self.register_wh,
            power_w=round(self.power_w, 1),
            current_a=round(self.power_w / voltage_v / max(phases, 1), 2),
            voltage_v=voltage_v,
            phases=phases,
            # Only a car on DC tells the station its state of charge.
            soc_percent=round(self.car.soc_percent, 1) if self.car is not None and self.spec.is_dc else None,
            measurands=measurands,
        )

    def is_limited_to_nothing(self, at: datetime) -> bool:
        """Whether it is the station, not the car, that keeps the power at zero."""
        supply = self._supply(at)
        if supply.is_dc:
            return supply.power_w_max <= 0
        return supply.power_w_max < car.AC_CURRENT_A_MIN * supply.phases * supply.voltage_v

    def _supply(self, at: datetime) -> car.Supply:
        spec, step = self.spec, self.allowed(at)
        if step.limit is None:
            return car.Supply(spec.power_w_max, spec.phases)
        if spec.is_dc:
            return car.Supply(min(spec.power_w_max, step.limit), 0)
        phases = self._phases_of(step)
        return car.Supply(min(spec.power_w_max * phases / spec.phases, step.limit), phases)

    def _phases_of(self, step: Step) -> int:
        """What a limit is spread over; which phases a car takes shows at once here."""
        return phases_of_limit(self.spec.phases, step.number_phases, self.car.model.ac_phases if self.car else 0)

    def _drawn_w(self, at: datetime) -> float:
        if not self.is_power_permitted or self.car is None:
            return 0.0
        return car.power_w(self.car.model, self.car.soc_percent, self._supply(at))
