"""REST of figures: GET /overview."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from voltway.contracts.billing import SummarizeRevenue
from voltway.contracts.sessions import SummarizeSessions
from voltway.contracts.stations import SummarizeStations
from voltway.kernel import clock
from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.http import Instant, MoneyOut, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.insight.schemas import OverviewOut, PowerPoint, SessionsOut, StationsOut
from voltway.modules.insight.settings import InsightSettings

router = APIRouter(tags=["insight"])

HISTORY = timedelta(hours=6)
KEPT_MAX = 1000


class Overviews:
    """The overviews of the last moment, by operator and day (Runtime.state): a wall of screens costs what one does."""

    def __init__(self) -> None:
        self.counting: dict[tuple[str, datetime | None], tuple[asyncio.Task[OverviewOut], float]] = {}

    def get(
        self,
        runtime: Runtime,
        operator_id: str,
        since: datetime | None,
        count: Callable[[], Coroutine[Any, Any, OverviewOut]],
    ) -> asyncio.Task[OverviewOut]:
        """The figures that were counted a moment ago, or are being counted; else `count` them."""
        key, now = (operator_id, since), clock.monotonic()
        task, until = self.counting.get(key, (None, 0.0))
        if task is None or now >= until or (task.done() and (task.cancelled() or task.exception() is not None)):
            if len(self.counting) >= KEPT_MAX:
                self.counting.clear()
            task = asyncio.create_task(count())
            self.counting[key] = (task, now + runtime.settings(InsightSettings).overview_age_max_s)
        return task


@router.get("/overview")
async def get_overview(
    principal: Annotated[Principal, Depends(allowed(Permission.STATIONS_READ, everywhere=True))],
    runtime: Annotated[Runtime, Depends(runtime_of)],
    since: Annotated[Instant | None, Query(description="where today begins; midnight UTC if not given")] = None,
) -> OverviewOut:
    """The network at a glance: stations by status, what is charging, energy and revenue of the day, power of the last hours.
    The figures may be a second old."""
    operator_id = principal.operator_id
    overviews = runtime.state(Overviews)
    # Shielded: who goes away must not take the figures from those who wait for them too.
    return await asyncio.shield(overviews.get(runtime, operator_id, since, lambda: _count(runtime, operator_id, since)))


async def _count(runtime: Runtime, operator_id: str, since: datetime | None) -> OverviewOut:
    now = clock.now()
    today = since or now.replace(hour=0, minute=0, second=0, microsecond=0)
    stations = await runtime.ask(SummarizeStations(operator_id=operator_id))
    sessions = await runtime.ask(SummarizeSessions(operator_id=operator_id, since=today, history_since=now - HISTORY))
    revenue = await runtime.ask(SummarizeRevenue(operator_id=operator_id, since=today))
    return OverviewOut(
        stations=StationsOut(total=stations.total, online=stations.online, by_status=stations.by_status),
        connectors=stations.connectors_by_status,
        sessions=SessionsOut(active=sessions.active, today=sessions.since_count),
        power_w=sessions.power_w,
        energy_today_wh=sessions.energy_wh,
        revenue_today=[MoneyOut.of(amount) for amount in revenue],
        power_history=[PowerPoint(at=at, power_w=power_w) for at, power_w in sessions.power_history],
    )
