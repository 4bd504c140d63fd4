"""A location's limit on its way to the cars: defaults first, then who gets less, and only then who gets more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import structlog

from voltway.charging.profiles import PHASES_DEFAULT, Unit
from voltway.contracts.access import FindEvsePhases
from voltway.contracts.sessions import ChargingStateTold, FindPhasesInUse
from voltway.contracts.stations import ConnectorStatusChanged, FindStations
from voltway.contracts.vocabulary import ChargingState, CommandState
from voltway.kernel import clock
from voltway.kernel.bus.event import Event
from voltway.kernel.runtime import Runtime
from voltway.modules.allocation import rules, store, telling
from voltway.modules.allocation.rules import Claim

log = structlog.get_logger()

RETRY = timedelta(seconds=30)
_SAYS_NOTHING = "Occupied"
"""The word of 2.x for a connector with a car, whatever it does."""


class Cars:
    """Which cars take nothing though they could (Runtime.state). Only fairness hangs on it, so memory is enough."""

    def __init__(self) -> None:
        self.satisfied: set[tuple[str, int]] = set()
        self.phases: dict[str, int] = {}
        """On how many phases cars draw, as they were asked for last: session -> 1 to 3."""
        self.all_phases: set[str] = set()
        """Sessions whose station has refused a share on the phases that the car uses: it cannot keep to fewer than it has."""
        self.is_changed = False

    def hear(self, event: Event) -> None:
        """Take an event in: 2.x says of the transaction what its car does, 1.6 of the connector."""
        if isinstance(event, ChargingStateTold):
            self._note(event.station_id, event.evse_number, event.charging_state == ChargingState.SUSPENDED_EV)
        elif isinstance(event, ConnectorStatusChanged) and event.wire_status != _SAYS_NOTHING:
            self._note(event.station_id, event.evse_number, event.wire_status == ChargingState.SUSPENDED_EV)

    def _note(self, station_id: str, evse_number: int, is_satisfied: bool) -> None:
        place = (station_id, evse_number)
        if (place in self.satisfied) is not is_satisfied:
            self.is_changed = True
            (self.satisfied.add if is_satisfied else self.satisfied.discard)(place)


async def share_due(runtime: Runtime) -> None:
    """A job: look at the limits for which something has changed."""
    cars = runtime.state(Cars)
    async with runtime.database.read() as tx:
        if not await store.has_limits(tx):
            return
    if cars.is_changed:
        cars.is_changed = False
        async with runtime.database.begin() as tx:
            await store.make_all_due(tx)
    async with runtime.database.read() as tx:
        due = await store.find_due(tx)
    for limit in due:
        again_at = clock.now() + RETRY
        async with runtime.database.begin() as tx:
            # Before looking: what changes from here on makes it due at once.
            await store.take_up(tx, limit.location_id, again_at)
        if await _settle(runtime, limit):
            async with runtime.database.begin() as tx:
                await store.settle(tx, limit.location_id, again_at)


async def look_at_phases(runtime: Runtime) -> None:
    """A job: where a limit is in W, a car that turns out to use fewer phases, or more, makes the limits due."""
    cars = runtime.state(Cars)
    async with runtime.database.read() as tx:
        sessions = await store.sessions_in_watts(tx)
    cars.all_phases &= set(sessions)
    if not sessions:
        return
    phases = await runtime.ask_or(FindPhasesInUse(session_ids=tuple(sessions)), {})
    if phases != cars.phases:
        cars.phases = phases
        cars.is_changed = True


async def _settle(runtime: Runtime, limit: Any) -> bool:
    """Bring a location to what its limit wants; whether all stations have taken it."""
    question = FindStations(operator_id=limit.operator_id, location_ids=(limit.location_id,))
    here = {station.station_id for station in await runtime.ask(question)}
    async with runtime.database.read() as tx:
        known = await store.controls_of(tx, limit.location_id)
    if limit.limit_value is None:
        here = set()
    is_done = await _release(runtime, limit, [station_id for station_id in known if station_id not in here])
    if limit.limit_value is None:
        if is_done:
            async with runtime.database.begin() as tx:
                await store.remove_limit(tx, limit.location_id)
        return is_done
    # Shares first: a new lower maximum of a station must not wait for one that is slow.
    return await _Round(runtime, limit, here).run() and is_done


async def _release(runtime: Runtime, limit: Any, station_ids: Iterable[str]) -> bool:
    """Take our profiles from stations that have left the limit's reach."""
    is_done = True
    for station_id in station_ids:
        async with runtime.database.read() as tx:
            sessions = await store.claims_of(tx, [station_id])
        for claim in sessions:
            if claim.reserved is not None and (await telling.take_share(runtime, claim)).is_accepted:
                async with runtime.database.begin() as tx:
                    await store.reserve(tx, claim.session_id, limit.unit, None)
        if await telling.take_defaults(runtime, limit.operator_id, station_id):
            async with runtime.database.begin() as tx:
                await store.remove_control(tx, station_id, limit.location_id)
        else:
            is_done = False
    return is_done


class _Round:
    """One look at a location. Whoever does not accept in it is fixed until the next."""

    def __init__(self, runtime: Runtime, limit: Any, station_ids: set[str]) -> None:
        self._runtime, self._limit, self._station_ids = runtime, limit, station_ids
        self._unit = Unit(limit.unit)
        self._fixed: set[str] = set()
        self._rows: dict[str, Any] = {}
        self._controls: dict[str, Any] = {}
        self._evse_phases: dict[str, dict[int, int]] = {}
        self._car_phases: dict[str, int] = {}

    async def run(self) -> bool:
        are_controlled = await self._tell_defaults()
        await self._read()
        await self._ask_for_phases()
        while True:
            claims = self._claims()
            targets = rules.shares(self._limit.limit_value, self._unit, claims)
            lower = rules.decreases(claims, targets)
            if not lower:
                break
            await asyncio.gather(*(self._tell(claim, targets[claim.session_id]) for claim in lower))
            await self._read()
        for claim in claims:
            share = targets.get(claim.session_id)
            if share is None or not rules.wants(claim, share) or claim.session_id not in self._rows:
                continue
            if rules.fits(self._limit.limit_value, self._claims(), claim.session_id, share):
                await self._tell(claim, share)
                await self._read()
        return are_controlled and not self._fixed

    async def _tell_defaults(self) -> bool:
        async with self._runtime.database.read() as tx:
            known = await store.controls_of(tx, self._limit.location_id)
        wanted = (self._limit.unit, self._limit.limit_value)
        lacking = [
            station_id
            for station_id in sorted(self._station_ids)
            if station_id not in known or (known[station_id].unit, known[station_id].limit_value) != wanted
        ]
        return all(await asyncio.gather(*(self._tell_default(station_id) for station_id in lacking)))

    async def _tell_default(self, station_id: str) -> bool:
        if not await telling.tell_defaults(self._runtime, station_id, self._limit):
            return False
        async with self._runtime.database.begin() as tx:
            await store.put_control(tx, station_id, self._limit)
        return True

    async def _read(self) -> None:
        async with self._runtime.database.read() as tx:
            self._rows = {row.session_id: row for row in await store.claims_of(tx, self._station_ids)}
            self._controls = await store.controls_of(tx, self._limit.location_id)

    async def _ask_for_phases(self) -> None:
        stations = tuple(sorted(self._station_ids))
        self._evse_phases = await self._runtime.ask_or(FindEvsePhases(station_ids=stations), {})
        if self._unit is Unit.W:  # amperes are per phase: a limit in them does not look at how many
            self._car_phases = self._runtime.state(Cars).phases

    def _phases(self, row: Any) -> int:
        """What a share counts and is told with: the phases of the EVSE, or those that its car uses."""
        of_evse = self._evse_phases.get(row.station_id, {}).get(row.evse_number, PHASES_DEFAULT)
        if row.session_id in self._runtime.state(Cars).all_phases:
            return of_evse
        return min(of_evse, self._car_phases.get(row.session_id, of_evse))

    def _claims(self) -> list[Claim]:
        satisfied = self._runtime.state(Cars).satisfied
        return [
            Claim(
                session_id=row.session_id,
                reserved=self._reserved(row),
                phases=self._phases(row),
                is_fixed=row.session_id in self._fixed,
                is_satisfied=(row.station_id, row.evse_number) in satisfied,
                is_unsure=bool(row.is_unsure),
            )
            for row in self._rows.values()
        ]

    def _reserved(self, row: Any) -> float:
        if row.reserved is None or row.unit is None:
            # A station with our default gives nothing to a session without a share.
            uncontrolled = rules.uncontrolled(self._unit, self._phases(row))
            return 0.0 if row.station_id in self._controls else uncontrolled
        phases = self._phases(row)
        return float(row.reserved) * rules.weight(self._unit, phases) / rules.weight(Unit(row.unit), phases)

    async def _tell(self, claim: Claim, share: float) -> None:
        """Tell a station a share. While nobody knows whether it has taken it, the larger of both is reserved, and it is noted
        that nobody knows: should we die here, or hear nothing, it is told again."""
        row = self._rows[claim.session_id]
        await self._reserve(claim, max(claim.reserved, share), is_unsure=True)
        answer = await telling.tell_share(self._runtime, row, self._limit.unit, share, claim.phases)
        if answer.is_accepted:
            await self._reserve(claim, share)
            return
        if answer.state == CommandState.REJECTED and self._car_phases.get(claim.session_id) == claim.phases:
            self._runtime.state(Cars).all_phases.add(claim.session_id)  # K01.FR.43
        self._fixed.add(claim.session_id)
        if not answer.is_unknown:
            await self._reserve(claim, claim.reserved, is_unsure=claim.is_unsure)
        log.info("share.not_taken", session_id=claim.session_id, state=answer.state, share=share)

    async def _reserve(self, claim: Claim, reserved: float, *, is_unsure: bool = False) -> None:
        async with self._runtime.database.begin() as tx:
            await store.reserve(tx, claim.session_id, self._limit.unit, reserved, is_unsure=is_unsure)
