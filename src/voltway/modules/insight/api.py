"""REST of figures: GET /overview."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from voltway.contracts.billing import SummarizeRevenue
from voltway.contracts.sessions import SummarizeSessions
from voltway.contracts.stations import SummarizeStations
from voltway.kernel import clock
from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.http import Instant, MoneyOut, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.insight.errors import WholeNetworkOnly
from voltway.modules.insight.schemas import OverviewOut, PowerPoint, SessionsOut, StationsOut

router = APIRouter(tags=["insight"])

HISTORY = timedelta(hours=6)


@router.get("/overview")
async def get_overview(
    principal: Annotated[Principal, Depends(allowed(Permission.STATIONS_READ))],
    runtime: Annotated[Runtime, Depends(runtime_of)],
    since: Annotated[Instant | None, Query(description="where today begins; midnight UTC if not given")] = None,
) -> OverviewOut:
    """The network at a glance: stations by status, what is charging, energy and revenue of the day, power of the last hours."""
    if principal.location_ids is not None:
        raise WholeNetworkOnly("You may see some locations; these figures are of all of them.")
    now = clock.now()
    today = since or now.replace(hour=0, minute=0, second=0, microsecond=0)
    operator_id = principal.operator_id
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
