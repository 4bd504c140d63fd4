"""Simulated drivers: who comes to an EVSE, with which car, for how long, and how they leave."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from voltway.station.ocpp.vocabulary import ChargingNeeds, EvseState, IdToken, Registration
from voltway.station.simulator.car import AC_CURRENT_A_MIN, CAR_MODELS, CarModel, fits, needs_wh
from voltway.station.simulator.control import SimulatedControl
from voltway.station.simulator.evse import PluggedCar
from voltway.station.simulator.scenarios import Range, Scenario

# Seconds, all virtual: what a person does between two things, and how long one waits for a charge to begin.
MOMENT_S: Range = (2, 8)
WALK_S: Range = (5, 20)
PATIENCE_S = 180
LOOK_AGAIN_S = 15
NEEDS_AFTER_S = 3


@dataclass(frozen=True, slots=True)
class Visit:
    """What one driver is up to."""

    car: CarModel
    soc_percent: float
    token: IdToken
    connector_number: int
    is_token_first: bool
    is_leaving_by_cable: bool
    stay_s: float
    linger_s: float


T = TypeVar("T")


def hand_of(tokens: Sequence[T], seat: int, seats: int) -> tuple[T, ...]:
    """The tokens of those who come to one of `seats` EVSEs. With as many tokens as EVSEs, none is ever at two of them at once."""
    return tuple(tokens[seat::seats]) or (tokens[seat % len(tokens)],)


def plan_visit(scenario: Scenario, rng: random.Random, evse: SimulatedControl, tokens: tuple[IdToken, ...]) -> Visit:
    """Draw the next visitor of an EVSE."""
    spec = evse.hardware.spec
    models = [CAR_MODELS[name] for name in scenario.cars if fits(CAR_MODELS[name], spec.is_dc)]
    return Visit(
        car=rng.choice(models),
        soc_percent=rng.uniform(*scenario.arrival_soc_percent),
        token=rng.choice(tokens),
        connector_number=rng.randint(1, len(spec.connectors)),
        is_token_first=rng.random() < 0.3,
        # Out of a socket it does not come before it is unlocked, which ends the charge.
        is_leaving_by_cable=rng.random() < 0.3 and not spec.connectors[0].kind.startswith("s"),
        stay_s=rng.uniform(*scenario.stay_s),
        linger_s=rng.uniform(*scenario.linger_s),
    )


class SimulatedDriver:
    """All the drivers of one EVSE, one after the other."""

    __slots__ = (
        "_asking",
        "_evse",
        "_finished",
        "_is_winding_down",
        "_rng",
        "_scenario",
        "_timer",
        "_tokens",
        "_visit",
        "_visits",
    )

    def __init__(
        self,
        evse: SimulatedControl,
        scenario: Scenario,
        rng: random.Random,
        tokens: tuple[IdToken, ...],
        finished: Callable[[], object],
    ) -> None:
        self._evse = evse
        self._scenario = scenario
        self._rng = rng
        self._tokens = tokens
        self._finished = finished
        self._visit: Visit | None = None
        self._visits = 0
        self._timer: asyncio.TimerHandle | None = None
        self._asking: asyncio.TimerHandle | None = None
        self._is_winding_down = False
        evse.driver = self

    def begin(self) -> None:
        self._after(self._scenario.first_arrival_s, self._arrive)

    def wind_down(self) -> None:
        """Nobody comes any more, and whoever is here leaves now."""
        self._is_winding_down = True
        self.close()
        if self._visit is not None:
            self._depart()
            self._leave()

    def close(self) -> None:
        for timer in (self._timer, self._asking):
            if timer is not None:
                timer.cancel()
        self._timer = self._asking = None

    # -- what the EVSE tells ----------------------------------------------------------------------------------------

    def remotely_authorized(self) -> None:
        """Whoever has started by an app comes with a car a little later."""
        if self._visit is None and not self._is_winding_down:
            self._visit = plan_visit(self._scenario, self._rng, self._evse, self._tokens)
            self._after(WALK_S, self._plug_in)

    def started(self) -> None:
        if self._visit is not None:
            self._after((self._visit.stay_s, self._visit.stay_s), self._depart)
            if self._visit.car.tells_needs:
                self._needs_due()

    def full(self) -> None:
        # A car that has not answered the first offer yet looks the same from outside.
        car = self._evse.hardware.car
        if self._visit is not None and not self._is_winding_down and car is not None and car.is_full:
            self._after((self._visit.linger_s, self._visit.linger_s), self._depart)

    def ended(self) -> None:
        if self._visit is not None and not self._is_winding_down:
            self._after(MOMENT_S, self._leave)

    def denied(self) -> None:
        self.ended()

    def _needs_due(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
        self._asking = self._evse.station.clock.after(NEEDS_AFTER_S, self._tell_needs)

    def _tell_needs(self) -> None:
        """A car with ISO 15118 says what it wants, once the CSMS knows of the transaction."""
        self._asking = None
        visit, plugged, transaction = self._visit, self._evse.hardware.car, self._evse.transaction
        if visit is None or plugged is None or transaction is None:
            return
        if not self._evse.knows_transaction():
            self._needs_due()
            return
        self._evse.tell_needs(
            ChargingNeeds(
                phases=min(self._evse.hardware.spec.phases, visit.car.ac_phases),
                energy_wh=needs_wh(visit.car, plugged.soc_percent),
                departs_at=transaction.started_at + timedelta(seconds=visit.stay_s),
                current_a_min=AC_CURRENT_A_MIN,
                current_a_max=visit.car.ac_current_a_max,
                power_w_max=visit.car.battery_power_w_max,
                soc_percent=plugged.soc_percent,
                battery_wh=visit.car.battery_wh,
            )
        )

    # -- a visit ----------------------------------------------------------------------------------------------------

    def _arrive(self) -> None:
        is_ready = self._evse.state is EvseState.AVAILABLE and self._evse.authorization is None
        if not is_ready or self._evse.station.registration is not Registration.ACCEPTED:
            self._after((LOOK_AGAIN_S / 3, LOOK_AGAIN_S), self._arrive)
            return
        by_hour = self._scenario.by_hour
        if by_hour and self._rng.random() >= by_hour[self._evse.station.clock.now().hour]:
            self._after(self._scenario.gap_s, self._arrive)  # not at this hour of the day
            return
        self._visit = plan_visit(self._scenario, self._rng, self._evse, self._tokens)
        if self._visit.is_token_first:
            self._after(WALK_S, self._plug_in)
            self._evse.present(self._visit.token)
        else:
            self._after(MOMENT_S, self._present)
            self._plug()

    def _plug_in(self) -> None:
        self._after((PATIENCE_S, PATIENCE_S), self._leave)
        self._plug()

    def _plug(self) -> None:
        if self._visit is not None:
            self._evse.plug(PluggedCar(self._visit.car, self._visit.soc_percent), self._visit.connector_number)

    def _present(self) -> None:
        self._after((PATIENCE_S, PATIENCE_S), self._leave)
        if self._visit is not None and self._evse.transaction is None:
            self._evse.present(self._visit.token)

    def _depart(self) -> None:
        """End the charge, by the token that began it or by pulling the cable."""
        transaction = self._evse.transaction
        if transaction is None:
            self._leave()
        elif self._visit is not None and self._visit.is_leaving_by_cable:
            self._evse.unplug()
        else:
            self._evse.present(transaction.token)

    def _leave(self) -> None:
        if self._evse.hardware.is_plugged:
            self._evse.unplug()
        self._visit = None
        self._visits += 1
        self.close()
        if self._scenario.visits_max is not None and self._visits >= self._scenario.visits_max:
            self._finished()
        elif not self._is_winding_down:
            self._after(self._scenario.gap_s, self._arrive)

    def _after(self, range_s: Range, act: Callable[[], None]) -> None:
        """Do one thing next, instead of whatever was to be next."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._evse.station.clock.after(self._rng.uniform(*range_s), act)
