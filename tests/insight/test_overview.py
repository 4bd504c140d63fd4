"""GET /overview: figures of all modules at one glance."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from voltway.contracts.billing import SummarizeRevenue
from voltway.contracts.sessions import SessionSummary, SummarizeSessions
from voltway.contracts.stations import StationSummary, SummarizeStations
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.module import Manifest
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.insight.module import MANIFEST

ClientOf = Callable[..., Awaitable[httpx.AsyncClient]]
NOW = datetime(2026, 5, 1, 15, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 5, 1, tzinfo=UTC)


@dataclass
class Others:
    """What the other modules would say, and what they were asked."""

    asked: list[Any] = field(default_factory=list)

    async def stations(self, runtime: Runtime, request: SummarizeStations) -> StationSummary:
        self.asked.append(request)
        return StationSummary(
            total=3,
            online=2,
            by_status={"Available": 2, "Faulted": 1},
            connectors_by_status={"Available": 4, "Occupied": 1, "Faulted": 1},
        )

    async def sessions(self, runtime: Runtime, request: SummarizeSessions) -> SessionSummary:
        self.asked.append(request)
        history = [(NOW - timedelta(minutes=1), 7_000.0), (NOW, 7_400.5)]
        return SessionSummary(active=1, since_count=12, energy_wh=123_456, power_w=7_400.5, power_history=history)

    async def revenue(self, runtime: Runtime, request: SummarizeRevenue) -> list[Money]:
        self.asked.append(request)
        return [Money(12_345, "EUR"), Money(600, "JPY")]

    def manifest(self) -> Manifest:
        return Manifest(
            "others",
            answers={
                SummarizeStations: self.stations,
                SummarizeSessions: self.sessions,
                SummarizeRevenue: self.revenue,
            },
        )


@pytest.fixture
def others() -> Others:
    return Others()


@pytest.fixture
async def runtime(make_runtime: Any, others: Others) -> Runtime:
    made: Runtime = await make_runtime(MANIFEST, others.manifest())
    return made


async def test_overview_puts_the_figures_together(runtime: Runtime, client_of: ClientOf) -> None:
    client = await client_of(runtime)
    with clock.frozen(NOW):
        response = await client.get("/overview")
    assert response.status_code == 200
    assert response.json() == {
        "stations": {"total": 3, "online": 2, "by_status": {"Available": 2, "Faulted": 1}},
        "connectors": {"Available": 4, "Occupied": 1, "Faulted": 1},
        "sessions": {"active": 1, "today": 12},
        "power_w": 7_400.5,
        "energy_today_wh": 123_456,
        "revenue_today": [{"minor": 12_345, "currency": "EUR"}, {"minor": 600, "currency": "JPY"}],
        "power_history": [
            {"at": "2026-05-01T15:29:00.000Z", "power_w": 7_000.0},
            {"at": "2026-05-01T15:30:00.000Z", "power_w": 7_400.5},
        ],
    }


@pytest.mark.parametrize(
    ("since", "today"),
    [
        pytest.param(None, MIDNIGHT, id="midnight UTC"),
        pytest.param("2026-05-01T00:00:00+02:00", MIDNIGHT - timedelta(hours=2), id="midnight of the caller"),
    ],
)
async def test_today_begins_where_the_caller_says(
    runtime: Runtime, others: Others, client_of: ClientOf, since: str | None, today: datetime
) -> None:
    client = await client_of(runtime)
    with clock.frozen(NOW):
        response = await client.get("/overview", params={"since": since} if since else {})
    assert response.status_code == 200
    assert others.asked == [
        SummarizeStations(operator_id=DEFAULT_OPERATOR_ID),
        SummarizeSessions(operator_id=DEFAULT_OPERATOR_ID, since=today, history_since=NOW - timedelta(hours=6)),
        SummarizeRevenue(operator_id=DEFAULT_OPERATOR_ID, since=today),
    ]


async def test_figures_of_a_moment_ago_are_told_again_and_then_counted_anew(
    make_runtime: Any, others: Others, client_of: ClientOf
) -> None:
    client = await client_of(await make_runtime(MANIFEST, others.manifest()))
    await asyncio.gather(*(client.get("/overview") for _ in range(5)))
    assert len(others.asked) == 3
    await client.get("/overview", params={"since": "2026-05-01T00:00:00Z"})
    assert len(others.asked) == 6
    await asyncio.sleep(1.05)
    await client.get("/overview")
    assert len(others.asked) == 9


async def test_a_count_that_failed_is_not_told_again(make_runtime: Any, client_of: ClientOf) -> None:
    client = await client_of(await make_runtime(MANIFEST))
    assert [(await client.get("/overview")).status_code for _ in range(2)] == [503, 503]


async def test_stranger_is_told_of_the_strangers_network(
    runtime: Runtime, others: Others, client_of: ClientOf, stranger_id: str
) -> None:
    client = await client_of(runtime, operator_id=stranger_id)
    assert (await client.get("/overview")).status_code == 200
    assert {request.operator_id for request in others.asked} == {stranger_id}


@pytest.mark.parametrize("since", ["today", "2026-05-01T00:00:00"])
async def test_since_must_be_an_instant(runtime: Runtime, others: Others, client_of: ClientOf, since: str) -> None:
    response = await (await client_of(runtime)).get("/overview", params={"since": since})
    assert (response.status_code, response.json()["errors"][0]["path"]) == (422, "query.since")
    assert others.asked == []


@pytest.mark.parametrize(("role", "status"), [(None, 401), ("fleet_manager", 403)])
async def test_overview_is_not_for_everybody(
    runtime: Runtime, others: Others, client_of: ClientOf, role: str | None, status: int
) -> None:
    assert (await (await client_of(runtime, role)).get("/overview")).status_code == status
    assert others.asked == []


async def test_caller_bound_to_locations_is_not_told_of_the_whole_network(
    runtime: Runtime, others: Others, client_of: ClientOf
) -> None:
    host = await client_of(runtime, "site_host", location_ids=["location-1"])
    response = await host.get("/overview")
    assert (response.status_code, response.json()["type"]) == (403, "/problems/bound-to-locations")
    assert others.asked == []


async def test_overview_without_the_others_comes_later(make_runtime: Any, client_of: ClientOf) -> None:
    client = await client_of(await make_runtime(MANIFEST))
    response = await client.get("/overview")
    assert (response.status_code, response.json()["type"]) == (503, "/problems/nobody-answers")
