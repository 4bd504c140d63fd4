"""Simulated drivers: who comes to an EVSE, with which car, for how long, and how they leave."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

from voltway.station.simulator.car import CAR_MODELS, DEMO_CARS, ROAD_CARS, CarModel, fits
from voltway.station.simulator.charging import EvseControl
from voltway.station.simulator.evse import PluggedCar
from voltway.station.simulator.vocabulary import EvseState, IdToken, Registration

Range = tuple[float, float]

# Seconds, all virtual: what a person does between two things, and how long one waits for a charge to begin.
MOMENT_S: Range = (2, 8)
WALK_S: Range = (5, 20)
PATIENCE_S = 180
LOOK_AGAIN_S = 15


@dataclass(frozen=True, slots=True)
class Scenario:
    """How drivers and the network behave; ranges are drawn from evenly, in virtual seconds."""

    name: str
    about: str
    first_arrival_s: Range = (0, 120)
    gap_s: Range = (60, 600)
    stay_s: Range = (900, 3600)
    linger_s: Range = (30, 300)  # how long a full car stays
    arrival_soc_percent: Range = (10, 75)
    cars: tuple[str, ...] = ROAD_CARS
    visits_max: int | None = None  # per EVSE
    link_lasts_s: Range | None = None
    link_away_s: Range = (30, 240)


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("steady", "drivers come and go"),
        Scenario("rush", "everybody plugs in at once", first_arrival_s=(0, 2), gap_s=(30, 90), stay_s=(600, 2400)),
        Scenario("soak", "long stays and long pauses, for days", gap_s=(300, 7200), stay_s=(1800, 28_800)),
        Scenario("offline", "links break while cars charge", gap_s=(30, 180), link_lasts_s=(120, 900)),
        Scenario("one-charge", "one car at each EVSE, then the end", stay_s=(600, 1800), visits_max=1),
        Scenario(
            "demo",
            "short stays and small batteries, for a look on the true clock",
            first_arrival_s=(0, 150),
            gap_s=(60, 420),
            stay_s=(180, 480),
            linger_s=(10, 40),
            arrival_soc_percent=(35, 70),
            cars=DEMO_CARS,
        ),
    )
}


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


def plan_visit(scenario: Scenario, rng: random.Random, evse: EvseControl, tokens: tuple[IdToken, ...]) -> Visit:
    """Draw the next visitor of an EVSE."""
    spec = evse.hardware.spec
    models = [CAR_MODELS[name] for name in scenario.cars if fits(CAR_MODELS[name], spec.is_dc)]
    return Visit(
        car=rng.choice(models),
        soc_percent=rng.uniform(*scenario.arrival_soc_percent),
        token=rng.choice(tokens),
        connector_number=rng.randint(1, len(spec.connectors)),
        is_token_first=rng.random() < 0.3,
        is_leaving_by_cable=rng.random() < 0.3,
        stay_s=rng.uniform(*scenario.stay_s),
        linger_s=rng.uniform(*scenario.linger_s),
    )


class SimulatedDriver:
    """All the drivers of one EVSE, one after the other."""

    __slots__ = (
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
        evse: EvseControl,
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
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # -- what the EVSE tells ----------------------------------------------------------------------------------------

    def remotely_authorized(self) -> None:
        """Whoever has started by an app comes with a car a little later."""
        if self._visit is None and not self._is_winding_down:
            self._visit = plan_visit(self._scenario, self._rng, self._evse, self._tokens)
            self._after(WALK_S, self._plug_in)

    def started(self) -> None:
        if self._visit is not None:
            self._after((self._visit.stay_s, self._visit.stay_s), self._depart)

    def full(self) -> None:
        if self._visit is not None and not self._is_winding_down:
            self._after((self._visit.linger_s, self._visit.linger_s), self._depart)

    def ended(self) -> None:
        if self._visit is not None and not self._is_winding_down:
            self._after(MOMENT_S, self._leave)

    def denied(self) -> None:
        self.ended()

    # -- a visit ----------------------------------------------------------------------------------------------------

    def _arrive(self) -> None:
        is_ready = self._evse.state is EvseState.AVAILABLE and self._evse.authorization is None
        if not is_ready or self._evse.station.registration is not Registration.ACCEPTED:
            self._after((LOOK_AGAIN_S / 3, LOOK_AGAIN_S), self._arrive)
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
        self.close()
        self._timer = self._evse.station.clock.after(self._rng.uniform(*range_s), act)
