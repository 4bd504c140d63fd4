"""A week of an ordinary network, as signals: everything that happens without anything being wrong. Deterministic by its seed.

Stations of which some have bad lines: links drop, most for seconds, some for minutes, a few for a quarter of an hour; nightly
reboots of one make; clocks that drift; sessions of drivers with their cards, fleets with one card at a depot; cards that cannot
be read; cars that end at once; slow lines with late answers; an operator who works at the console; a firmware campaign.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.modules.detection.signals import Signal

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 7
PEOPLE = ("ann", "bob", "cleo")


class Week:
    """`signals()` are those of all stations, in order of time."""

    def __init__(self, stations: int, seed: int) -> None:
        self._stations = stations
        self._random = random.Random(seed)

    def signals(self) -> list[Signal]:
        found: list[Signal] = []
        for number in range(self._stations):
            found += self._of_station(number)
        found += self._of_people()
        found += self._of_travellers()
        return sorted(found, key=lambda signal: signal.at)

    def _of_station(self, number: int) -> Iterator[Signal]:
        chance = self._random

        def signal(at: datetime, kind: str, count: int = 1, **facts: Any) -> Signal:
            name = f"CS-{number}"
            return Signal(
                at=at,
                operator_id=DEFAULT_OPERATOR_ID,
                kind=kind,
                station_id=name,
                station_identity=name,
                location_id=f"location {number // 5}",
                count=count,
                facts=facts,
            )

        def drop(at: datetime, length_s: float) -> Iterator[Signal]:
            yield signal(at, "station.reached", is_offline=True)
            yield signal(at + timedelta(seconds=length_s), "station.reached", is_offline=False)
            yield signal(at + timedelta(seconds=length_s), "link.opened", protocol="ocpp1.6")

        drivers = [f"driver {each} of location {number // 5}" for each in range(25)]  # nobody is in two places
        is_mobile, reboots_nightly = chance.random() < 0.3, chance.random() < 0.2
        yield signal(BEGIN + timedelta(seconds=number), "link.opened", protocol="ocpp1.6")
        for day in range(DAYS):
            midnight = BEGIN + timedelta(days=day)

            def some(per_day: float, midnight: datetime = midnight) -> list[datetime]:
                """Instants of a day, so many on the average."""
                count = int(per_day) + (chance.random() < per_day % 1)
                return [midnight + timedelta(seconds=chance.uniform(0, 86_400)) for _ in range(count)]

            for at in some(6 if is_mobile else 0.5):
                yield from drop(at, min(chance.expovariate(1 / 60), 1200))
            for at in some(1.5 if is_mobile else 0.1):  # it comes back before we have noticed
                yield signal(at, "link.takeover", address="192.0.2.1", old_address="192.0.2.1")
            if reboots_nightly:
                yield from drop(midnight + timedelta(hours=3, seconds=chance.uniform(0, 600)), 90)
            for at in some(0.5):
                yield signal(at, "clock.offset", offset_s=chance.uniform(5, 45))
            for at in some(1 if is_mobile else 0.2):
                yield signal(at, "answer.unasked")
            for at in some(0.3):
                yield signal(at, "messages.faulty", faulty=1, total=chance.randint(150, 2000))
            for at in some(0.05):
                faulted = {"evse_number": 1, "connector_number": 1}
                yield signal(at, "connector.told", **faulted, is_faulted=True)
                yield signal(
                    at + timedelta(seconds=chance.uniform(5, 600)), "connector.told", **faulted, is_faulted=False
                )
            for at in some(0.2):
                yield signal(at, "security_event.told", type="StartupOfTheDevice", severity="info")
            for at in some(0.3):
                yield signal(at, "command.timed_out", type="get_variables")
            for at in some(1):
                yield signal(at, "authorization.refused", token=chance.choice(drivers))
            for at in some(0.02):
                yield signal(at, "sequence.gap")
            for at in some(0.01):
                yield signal(at, "transaction.unknown")
            for at in some(chance.uniform(1, 8)):
                yield from self._charge(signal, at, chance.choice(drivers))

    def _charge(self, signal: Any, at: datetime, driver: str) -> Iterator[Signal]:
        chance = self._random
        length_s, is_empty = chance.uniform(600, 14_400), chance.random() < 0.05
        yield signal(at, "session.started", token=driver)
        if is_empty:
            length_s = chance.uniform(10, 2400)
            if length_s > 1800:
                yield signal(at + timedelta(seconds=length_s), "session.empty", length_s=length_s)
        power_w = 0 if is_empty else chance.uniform(3_000, 150_000)
        ended = {"session_id": f"{at}", "mean_power_w": power_w, "failed": int(is_empty), "total": 1}
        yield signal(at + timedelta(seconds=length_s), "session.ended", **ended)
        yield signal(at + timedelta(seconds=length_s), "charge.age", days=0)

    def _of_travellers(self) -> Iterator[Signal]:
        """Drivers who charge at one location after the other, with a drive of half an hour or longer between."""
        for traveller in range(self._stations // 4):
            at = BEGIN + timedelta(seconds=self._random.uniform(0, 86_400))
            while at < BEGIN + timedelta(days=DAYS):
                number = self._random.randrange(self._stations)
                yield Signal(
                    at=at,
                    operator_id=DEFAULT_OPERATOR_ID,
                    kind="session.started",
                    station_id=f"CS-{number}",
                    location_id=f"location {number // 5}",
                    facts={"token": f"traveller {traveller}"},
                )
                at += timedelta(seconds=self._random.uniform(1800, 86_400))

    def _of_people(self) -> Iterator[Signal]:
        chance = self._random

        def signal(at: datetime, kind: str, **facts: Any) -> Signal:
            return Signal(at=at, operator_id=DEFAULT_OPERATOR_ID, kind=kind, facts=facts)

        for day in range(DAYS):
            morning = BEGIN + timedelta(days=day, hours=8)
            for person in PEOPLE:
                for _ in range(chance.randint(0, 3)):
                    at = morning + timedelta(seconds=chance.uniform(0, 1800))
                    yield signal(at, "log_in.failed", account=person, address="192.0.2.7")
                for _ in range(20):
                    at = morning + timedelta(seconds=chance.uniform(0, 30_000))
                    yield signal(at, "access.refused", actor_id=person, actor=person, status=404)
                for _ in range(12):
                    at = morning + timedelta(seconds=chance.uniform(0, 30_000))
                    station = f"CS-{chance.randrange(self._stations)}"
                    kind = chance.choice(("reset", "unlock_connector", "get_variables", "set_charging_profile"))
                    facts = {"type": kind, "actor": person}
                    yield Signal(
                        at=at, operator_id=DEFAULT_OPERATOR_ID, kind="command.ordered", station_id=station, facts=facts
                    )
            yield signal(morning, "export.made", actor="cleo", rows=chance.randint(100, 20_000))
            for minute in range(0, 1440, 5):
                at = BEGIN + timedelta(days=day, minutes=minute)
                backlog = chance.choice((0, 0, 0, 3, 120))
                yield signal(at, "listener.compared", listener="billing", backlog=backlog, is_still=False)
        monday = BEGIN + timedelta(hours=10)
        for number in range(0, self._stations, 4):  # a campaign, a few stations a minute
            station, at = f"CS-{number}", monday + timedelta(seconds=20 * number)
            about = {"operator_id": DEFAULT_OPERATOR_ID, "station_id": station, "station_identity": station}
            yield Signal(at=at, kind="firmware.ordered", facts={"actor": "ann"}, **about)
            yield Signal(at=at + timedelta(minutes=20), kind="firmware.changed", **about)
