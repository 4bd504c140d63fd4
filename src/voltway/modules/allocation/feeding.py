"""Do the stations of a location take what its feeder gives? A reading of the feeder's meter is held against the sum of what cars
take there, and told for the rule D27, which says how long it must last."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from voltway.contracts.sessions import FindDraws, FindRunningSessions
from voltway.contracts.stations import FindStations
from voltway.kernel.noticing import Noticed
from voltway.kernel.runtime import Runtime

TOLERANCE = 0.05
TOLERANCE_W = 2000.0


class Balance(NamedTuple):
    """What the stations of a location take together by what they measured last, in W, and of how many cars it is not known."""

    stations_w: float
    unknown: int


def is_off(feeder_w: float, stations_w: float) -> bool:
    """Whether feeder and stations differ by more than a twentieth and by more than 2 kW: stations need some for themselves. Pure."""
    return abs(feeder_w - stations_w) > max(TOLERANCE_W, TOLERANCE * abs(feeder_w))


async def balance(runtime: Runtime, operator_id: str, location_id: str) -> Balance:
    """What cars take at a location now."""
    stations = await runtime.ask(FindStations(operator_id=operator_id, location_ids=(location_id,)))
    if not stations:
        return Balance(0.0, 0)
    here = tuple(station.station_id for station in stations)
    running = await runtime.ask_or(FindRunningSessions(station_ids=here), [])
    ids = tuple(session.session_id for session in running)
    draws = await runtime.ask_or(FindDraws(session_ids=ids), {}) if ids else {}
    powers = [draw.power_w for draw in draws.values() if draw.power_w is not None]
    return Balance(sum(powers), len(ids) - len(powers))


def told(operator_id: str, location_id: str, name: str, at: datetime, feeder_w: float, balance: Balance) -> Noticed:
    """The reading as the rule hears it. Of cars that tell no power nobody knows whether they are the difference."""
    facts = {
        "feeder": name,
        "location_id": location_id,
        "is_off": balance.unknown == 0 and is_off(feeder_w, balance.stations_w),
        "off_w": round(feeder_w - balance.stations_w),
    }
    return Noticed(operator_id=operator_id, at=at, kind="feeder.compared", facts=facts)
