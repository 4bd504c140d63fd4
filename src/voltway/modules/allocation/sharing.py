"""A location's limit on its way to the cars: defaults first, then who gets less, and only then who gets more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import structlog

from voltway.charging.profiles import Unit
from voltway.contracts.sessions import ChargingStateTold
from voltway.contracts.stations import ConnectorStatusChanged, FindStations
from voltway.contracts.vocabulary import ChargingState
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

    async def run(self) -> bool:
        are_controlled = await self._tell_defaults()
        await self._read()
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
            if share is None or share <= claim.reserved + 1e-9 or claim.session_id not in self._rows:
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

    def _claims(self) -> list[Claim]:
        satisfied = self._runtime.state(Cars).satisfied
        return [
            Claim(
                session_id=row.session_id,
                reserved=self._reserved(row),
                is_fixed=row.session_id in self._fixed,
                is_satisfied=(row.station_id, row.evse_number) in satisfied,
            )
            for row in self._rows.values()
        ]

    def _reserved(self, row: Any) -> float:
        if row.reserved is None or row.unit is None:
            # A station with our default gives nothing to a session without a share.
            return 0.0 if row.station_id in self._controls else rules.uncontrolled(self._unit)
        return float(row.reserved) * rules.weight(self._unit, 3) / rules.weight(Unit(row.unit), 3)

    async def _tell(self, claim: Claim, share: float) -> None:
        """Tell a station a share. While nobody knows whether it has taken it, the larger of both is reserved."""
        row = self._rows[claim.session_id]
        await self._reserve(claim, max(claim.reserved, share))
        answer = await telling.tell_share(self._runtime, row, self._limit.unit, share)
        if answer.is_accepted:
            await self._reserve(claim, share)
            return
        self._fixed.add(claim.session_id)
        if not answer.is_unknown:
            await self._reserve(claim, claim.reserved)
        log.info("share.not_taken", session_id=claim.session_id, state=answer.state, share=share)

    async def _reserve(self, claim: Claim, reserved: float) -> None:
        async with self._runtime.database.begin() as tx:
            await store.reserve(tx, claim.session_id, self._limit.unit, reserved)
