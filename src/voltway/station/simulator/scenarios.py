"""Scenarios: how drivers, networks and faults behave in a fleet. A table; ranges are drawn from evenly, in virtual seconds."""

from __future__ import annotations

from dataclasses import dataclass

from voltway.station.faults import Fault
from voltway.station.simulator.car import DEMO_CARS, ROAD_CARS, SMART_CARS

Range = tuple[float, float]

MINUTE_S, HOUR_S = 60.0, 3600.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """How drivers and the network behave."""

    name: str
    about: str
    first_arrival_s: Range = (0, 120)
    gap_s: Range = (60, 600)
    stay_s: Range = (900, 3600)
    linger_s: Range = (30, 300)  # how long a full car stays
    arrival_soc_percent: Range = (10, 75)
    cars: tuple[str, ...] = ROAD_CARS
    makes: tuple[str, ...] = ()
    """Which makes of stations, by their keys; those of no special sort if empty."""
    by_hour: tuple[float, ...] = ()
    """How probable it is that somebody who could come does, in each hour of the day (UTC); always if empty."""
    visits_max: int | None = None  # per EVSE
    link_lasts_s: Range | None = None
    link_away_s: Range = (30, 240)
    outage_every_s: Range | None = None
    """When the network of all stations is gone at once."""
    outage_lasts_s: Range = (120, 900)
    fault_every_s: Range | None = None
    """Of each station: an AC EVSE has a fault."""
    fault_lasts_s: Range = (20, 600)
    faults: tuple[Fault, ...] = (Fault.UNDER_VOLTAGE,)


_NIGHT, _DAY = (0.05,) * 6, (0.55, 0.9, 0.8, 0.5, 0.4, 0.4, 0.6, 0.5, 0.4, 0.4, 0.6, 0.9, 1.0, 0.9, 0.6, 0.4, 0.3, 0.1)

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
        Scenario(
            "commuter-depot",
            "vans and cars come within an hour and a half and stay for the night; some say by when they need what",
            first_arrival_s=(0, 1.5 * HOUR_S),
            gap_s=(10 * HOUR_S, 14 * HOUR_S),
            stay_s=(8 * HOUR_S, 13 * HOUR_S),
            linger_s=(2 * HOUR_S, 8 * HOUR_S),
            arrival_soc_percent=(15, 60),
            cars=("delivery van", "delivery van", "family hatchback", "saloon", *SMART_CARS),
            makes=("depot-row", "wall-11", "post-duo"),
        ),
        Scenario(
            "highway",
            "fast chargers, nearly empty batteries, short stays one after the other",
            first_arrival_s=(0, 10 * MINUTE_S),
            gap_s=(MINUTE_S, 12 * MINUTE_S),
            stay_s=(12 * MINUTE_S, 40 * MINUTE_S),
            linger_s=(30, 5 * MINUTE_S),
            arrival_soc_percent=(5, 35),
            cars=("compact", "saloon", "long-range estate", "family hatchback", *SMART_CARS),
            makes=("fast-50", "high-power-150", "high-power-300"),
        ),
        Scenario(
            "storm",
            "the network of all stations goes at once and comes back at once, the mains dip, detectors trip",
            gap_s=(MINUTE_S, 10 * MINUTE_S),
            stay_s=(20 * MINUTE_S, HOUR_S),
            link_lasts_s=(20 * MINUTE_S, 2 * HOUR_S),
            outage_every_s=(15 * MINUTE_S, 40 * MINUTE_S),
            fault_every_s=(10 * MINUTE_S, HOUR_S),
            faults=(Fault.UNDER_VOLTAGE, Fault.OVER_VOLTAGE, Fault.GROUND_LOST, Fault.RESIDUAL_DC),
        ),
        Scenario(
            "flaky-network",
            "each link breaks every few minutes, for seconds or for minutes",
            gap_s=(MINUTE_S, 5 * MINUTE_S),
            stay_s=(15 * MINUTE_S, 45 * MINUTE_S),
            link_lasts_s=(30, 6 * MINUTE_S),
            link_away_s=(2, 3 * MINUTE_S),
        ),
        Scenario(
            "day-in-the-life",
            "stations of all makes through a day: quiet nights, busy evenings, now and then a fault or a lost link",
            first_arrival_s=(0, HOUR_S),
            gap_s=(10 * MINUTE_S, 90 * MINUTE_S),
            stay_s=(25 * MINUTE_S, 6 * HOUR_S),
            linger_s=(MINUTE_S, HOUR_S),
            arrival_soc_percent=(8, 80),
            cars=(*ROAD_CARS, *SMART_CARS),
            makes=(
                "wall-11",
                "wall-22",
                "post-duo",
                "lamp-post",
                "kerb-veteran",
                "depot-row",
                "fast-50",
                "high-power-150",
                "high-power-300",
            ),
            by_hour=(*_NIGHT, *_DAY),
            link_lasts_s=(2 * HOUR_S, 20 * HOUR_S),
            fault_every_s=(6 * HOUR_S, 60 * HOUR_S),
            faults=(Fault.UNDER_VOLTAGE, Fault.GROUND_LOST, Fault.PILOT_RANGE),
        ),
    )
}
