"""The driver sees at the station what the charge costs so far: told while it changes, where the station shows it (OCPP 2.x, I02).

What has changed is noted in the process that recorded it. Who was told when is kept in memory: forgotten, it is told again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import structlog

from voltway.contracts.payments import FindTariffAbility
from voltway.contracts.station_link import ExecuteCommand
from voltway.kernel import clock
from voltway.kernel.bus.asks import AskTimedOut, NobodyAnswers
from voltway.kernel.errors import Problem
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.modules.sessions import store
from voltway.modules.sessions.metering import running_costs
from voltway.modules.sessions.model import Session
from voltway.modules.sessions.settings import SessionsSettings

log = structlog.get_logger()

ROUND_MAX = 500
"""Sessions of one round; the others wait for the next."""
AT_ONCE = 20
TIMEOUT_S = 10.0


class Told(NamedTuple):
    """What a station was told of a session, and when. None: nothing, it does not show costs."""

    at: datetime
    cost: Decimal | None


class CostUpdates:
    """Sessions with news, and what their stations know (Runtime.state)."""

    def __init__(self) -> None:
        self.changed: dict[str, None] = {}  # in the order in which they changed
        self.told: dict[str, Told] = {}

    def note(self, sessions: Iterable[Session]) -> None:
        """Sessions have news, or none any more."""
        for session in sessions:
            if session.is_ended:
                self.changed.pop(session.id, None)
                self.told.pop(session.id, None)
            else:
                self.changed[session.id] = None

    def take_due(self, now: datetime, interval_s: int) -> list[str]:
        """The sessions with news whose stations may be told again."""
        latest = now - timedelta(seconds=interval_s)
        due = [
            session_id
            for session_id in self.changed
            if (told := self.told.get(session_id)) is None or told.at <= latest
        ][:ROUND_MAX]
        for session_id in due:
            del self.changed[session_id]
        return due


async def tell(runtime: Runtime) -> None:
    """Job: tell stations what their charges cost so far."""
    interval_s = runtime.settings(SessionsSettings).cost_update_interval_s
    updates = runtime.state(CostUpdates)
    if not interval_s:
        updates.changed.clear()
        return
    now = clock.now()
    due = updates.take_due(now, interval_s)
    if not due:
        return
    async with runtime.database.read() as tx:
        rows = await store.find_running(tx, due)
    if not rows:
        return
    shows = await _who_shows(runtime, sorted({row.station_id for row in rows}))
    costs = await running_costs(runtime, [row for row in rows if row.station_id in shows])
    calls = []
    for row in rows:
        cost = costs.get(row.id)
        before, total = updates.told.get(row.id), None if cost is None else cost.incl_vat.to_decimal()
        updates.told[row.id] = Told(now, total)
        if total is not None and (before is None or before.cost != total):
            calls.append((row, total))
    for start in range(0, len(calls), AT_ONCE):
        await asyncio.gather(*(_call(runtime, row, total) for row, total in calls[start : start + AT_ONCE]))


async def _who_shows(runtime: Runtime, station_ids: list[str]) -> set[str]:
    """The stations that show costs which they are told."""
    try:
        abilities = await runtime.ask(FindTariffAbility(station_ids=tuple(station_ids)))
    except NobodyAnswers:
        return set()
    return {
        station_id for station_id, ability in zip(station_ids, abilities, strict=True) if ability.shows_cost_it_is_told
    }


async def _call(runtime: Runtime, row: Any, total: Decimal) -> None:
    """Not a command of the record: nobody has ordered it, and the next one says more."""
    order = ExecuteCommand(
        station_id=row.station_id,
        command_id=new_id(),
        type="update_cost",
        arguments={"total_cost": str(total), "transaction_id": row.transaction_id},
        timeout_s=TIMEOUT_S,
    )
    try:
        outcome = await runtime.ask(order, timeout_s=TIMEOUT_S + 1)
    except (Problem, NobodyAnswers, AskTimedOut) as error:
        log.info("cost.not_told", session_id=row.id, error=str(error))
    else:
        log.debug("cost.told", session_id=row.id, state=outcome.state)
