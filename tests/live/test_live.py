"""GET /live: what open pages are told, and what it costs when nobody looks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from voltway.charging.pricing import Tariff, price
from voltway.contracts.billing import SessionPriced
from voltway.contracts.detection import IncidentChanged, IncidentState, Severity
from voltway.contracts.security import SecurityEventRecorded
from voltway.contracts.sessions import SessionEnded, SessionProgressed, SessionStarted
from voltway.contracts.station_link import LinkOpened, MessagesLogged
from voltway.contracts.stations import (
    CommandChanged,
    ConnectorStatusChanged,
    FindStations,
    StationChanged,
    StationName,
)
from voltway.contracts.vocabulary import CommandState, ConnectorStatus, SessionState
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.bus.event import Event
from voltway.kernel.http import create_app
from voltway.kernel.module import Manifest
from voltway.kernel.runtime import Runtime
from voltway.modules.live import hub as hub_module
from voltway.modules.live.hub import TELLING, WAITING_MAX, Hub, Watcher
from voltway.modules.live.module import MANIFEST

ClientOf = Callable[..., Awaitable[httpx.AsyncClient]]
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


async def find_stations(runtime: Runtime, request: FindStations) -> list[StationName]:
    """Station s1 is at location-1, s2 at location-2."""
    return [
        StationName(
            station_id=f"s{number}", operator_id=request.operator_id, identity=f"CS-{number}", location_id=place
        )
        for number, place in enumerate(("location-1", "location-2"), 1)
        if place in request.location_ids
    ]


STATIONS = Manifest("stations", answers={FindStations: find_stations}, publishes=(LinkOpened,))


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "FOLD_S", 0.02)


@pytest.fixture
async def runtime(make_runtime: Any) -> Runtime:
    made: Runtime = await make_runtime(MANIFEST, STATIONS)
    return made


@pytest.fixture
def app(runtime: Runtime) -> FastAPI:
    return create_app(runtime, [router for manifest in runtime.manifests for router in manifest.routes()])


class Page:
    """A browser's page that reads the stream. httpx would wait for its end."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body: asyncio.Queue[str | None] = asyncio.Queue()
        self.closed = asyncio.Event()
        self._asked = False

    async def receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.closed.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        if message["body"]:
            self.body.put_nowait(message["body"].decode())
        if not message.get("more_body"):
            self.body.put_nowait(None)

    async def text(self) -> str | None:
        """What comes next; None at the end of the stream."""
        async with asyncio.timeout(30):
            return await self.body.get()

    async def told(self) -> tuple[str, dict[str, Any]]:
        """The next event: its name and data."""
        text = await self.text()
        assert text is not None
        name, data = text.removesuffix("\n\n").split("\n")
        return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))

    async def is_told_nothing(self) -> bool:
        await asyncio.sleep(0.15)
        return self.body.empty()


@asynccontextmanager
async def page_on(app: FastAPI, client: httpx.AsyncClient) -> AsyncIterator[Page]:
    """A page that is open while the block runs, with the rights of the client."""
    page = Page()
    headers = {"host": "localhost", **({"authorization": client.headers["authorization"]} if client.headers else {})}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/api/v1/live",
        "raw_path": b"/api/v1/live",
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8080),
    }
    task = asyncio.create_task(app(scope, page.receive, page.send))  # type: ignore[arg-type]
    try:
        first = await page.text()
        if page.status == 200:
            assert first == "retry: 2000\n: connected\n\n"
        yield page
    finally:
        page.closed.set()
        await task


async def publish(runtime: Runtime, *events: Event) -> None:
    async with runtime.database.begin() as tx:
        tx.publish(*events)


def about(station: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "operator_id": DEFAULT_OPERATOR_ID,
        "at": NOON,
        "station_id": f"s{station}",
        "station_identity": f"CS-{station}",
        **changes,
    }


def a_connector(connector_number: int, status: ConnectorStatus = ConnectorStatus.OCCUPIED) -> ConnectorStatusChanged:
    return ConnectorStatusChanged(
        **about(),
        evse_number=1,
        connector_number=connector_number,
        status=status,
        wire_status="Preparing",
        error_code=None,
        occurred_at=NOON,
    )


def progress(energy_wh: int, **changes: Any) -> SessionProgressed:
    values = {"session_id": "x1", "energy_wh": energy_wh, "power_w": 7_000.0, "soc_percent": None, **changes}
    return SessionProgressed(**about(), charging_state=None, **values)


# ---- what is told


async def test_page_is_a_stream_of_events_that_nothing_keeps(
    runtime: Runtime, app: FastAPI, client_of: ClientOf
) -> None:
    async with page_on(app, await client_of(runtime)) as page:
        assert page.status == 200
        assert page.headers["content-type"].startswith("text/event-stream")
        assert (page.headers["cache-control"], page.headers["x-accel-buffering"]) == ("no-store", "no")


TOLD: list[tuple[Event, str, dict[str, Any]]] = [
    (
        StationChanged(**about(), what="online"),
        "station.changed",
        {"id": "s1", "station_identity": "CS-1", "what": "online"},
    ),
    (
        a_connector(2),
        "station.changed",
        {
            "id": "s1",
            "station_identity": "CS-1",
            "what": "status",
            "evse_number": 1,
            "connector_number": 2,
            "status": "Occupied",
            "wire_status": "Preparing",
        },
    ),
    (
        SessionStarted(**about(), session_id="x1", evse_number=1, id_token="CARD-1", transaction_id="1"),
        "session.changed",
        {"id": "x1", "station_id": "s1", "station_identity": "CS-1", "what": "started", "state": "active"},
    ),
    (
        progress(1_200),
        "session.changed",
        {
            "id": "x1",
            "station_id": "s1",
            "station_identity": "CS-1",
            "state": "active",
            "energy_wh": 1_200,
            "power_w": 7_000.0,
        },
    ),
    (
        progress(1_200, state=SessionState.ENDED, power_w=0.0),
        "session.changed",
        {
            "id": "x1",
            "station_id": "s1",
            "station_identity": "CS-1",
            "state": "ended",
            "energy_wh": 1_200,
            "power_w": 0.0,
        },
    ),
    (
        CommandChanged(
            operator_id=DEFAULT_OPERATOR_ID,
            at=NOON,
            command_id="c1",
            station_id="s1",
            type="reset",
            state=CommandState.ACCEPTED,
            effect="scheduled",
        ),
        "command.changed",
        {"id": "c1", "station_id": "s1", "type": "reset", "state": "accepted", "effect": "scheduled"},
    ),
    (MessagesLogged(operator_id=DEFAULT_OPERATOR_ID, at=NOON, station_id="s1"), "message.logged", {"id": "s1"}),
    (
        SecurityEventRecorded(
            operator_id=DEFAULT_OPERATOR_ID,
            at=NOON,
            security_event_id="e1",
            station_id="s1",
            station_identity="CS-1",
            type="TamperDetectionActivated",
            severity="critical",
        ),
        "security_event.recorded",
        {
            "id": "e1",
            "station_id": "s1",
            "station_identity": "CS-1",
            "type": "TamperDetectionActivated",
            "severity": "critical",
        },
    ),
    (
        IncidentChanged(
            **about(),
            incident_id="i1",
            rule_id="D01",
            title="Two live connections of one identity",
            subject="CS-1",
            severity=Severity.WARNING,
            state=IncidentState.OPEN,
            what="raised",
        ),
        "alert.raised",
        {
            "id": "i1",
            "station_id": "s1",
            "station_identity": "CS-1",
            "what": "raised",
            "rule_id": "D01",
            "title": "Two live connections of one identity",
            "subject": "CS-1",
            "severity": "warning",
            "state": "open",
            "count": 1,
        },
    ),
]


@pytest.mark.parametrize(("event", "name", "data"), TOLD, ids=[type(event).__name__ for event, _, _ in TOLD])
async def test_event_appears_on_the_page(
    runtime: Runtime, app: FastAPI, client_of: ClientOf, event: Event, name: str, data: dict[str, Any]
) -> None:
    async with page_on(app, await client_of(runtime)) as page:
        await publish(runtime, event)
        assert await page.told() == (name, {**data, "at": "2026-05-01T12:00:00.000Z"})


def an_end(station: int = 1) -> tuple[SessionEnded, SessionPriced]:
    """A session is over, and priced at once."""
    zero = Decimal(0)
    tariff = Tariff(
        tariff_id="t",
        version=1,
        name="T",
        currency="EUR",
        start_fee=Decimal(2),
        price_per_kwh=zero,
        price_per_minute=zero,
        vat_percent=zero,
    )
    about_it = {
        "session_id": f"x{station}",
        "station_id": f"s{station}",
        "operator_id": DEFAULT_OPERATOR_ID,
        "at": NOON,
    }
    ended = SessionEnded(
        **about_it,
        station_identity=f"CS-{station}",
        location_id=None,
        evse_number=1,
        id_token=None,
        started_at=NOON,
        ended_at=NOON,
        energy_wh=7_000,
        tariff=tariff,
    )
    return ended, SessionPriced(**about_it, cdr_id="cdr-1", cost=price(tariff, energy_wh=0, duration_s=0))


async def test_end_and_price_of_a_session_come_as_one(runtime: Runtime, app: FastAPI, client_of: ClientOf) -> None:
    async with page_on(app, await client_of(runtime)) as page:
        await publish(runtime, *an_end())
        name, data = await page.told()
        assert (name, data["what"], data["state"]) == ("session.changed", "priced", "ended")
        assert (data["energy_wh"], data["cost"]) == (7_000, {"minor": 200, "currency": "EUR"})
        assert await page.is_told_nothing()


async def test_every_event_that_is_told_is_shown_here() -> None:
    shown = {type(event) for event, _, _ in TOLD} | {SessionEnded, SessionPriced}
    assert {kind.__name__ for kind in set(TELLING) - shown} == {"SessionUnplugged"}  # told as SessionEnded is


async def test_what_pages_do_not_show_is_not_told(runtime: Runtime, app: FastAPI, client_of: ClientOf) -> None:
    async with page_on(app, await client_of(runtime)) as page:
        await publish(runtime, LinkOpened(**about(), protocol="ocpp1.6", epoch=1))
        assert await page.is_told_nothing()


# ---- folding


async def test_busy_session_is_told_once_with_its_latest_values(
    runtime: Runtime, app: FastAPI, client_of: ClientOf
) -> None:
    async with page_on(app, await client_of(runtime)) as page:
        async with runtime.database.begin() as tx:
            tx.publish(progress(1, soc_percent=50.0), *(progress(energy_wh) for energy_wh in range(2, 500)))
        _, data = await page.told()
        assert (data["energy_wh"], data["soc_percent"]) == (499, 50.0)
        assert await page.is_told_nothing()
        await publish(runtime, progress(500))
        assert (await page.told())[1]["energy_wh"] == 500


async def test_connectors_of_one_station_are_told_each(runtime: Runtime, app: FastAPI, client_of: ClientOf) -> None:
    async with page_on(app, await client_of(runtime)) as page:
        await publish(runtime, a_connector(1), a_connector(2), a_connector(1, ConnectorStatus.AVAILABLE))
        told = [(await page.told())[1] for _ in range(2)]
        assert {(data["connector_number"], data["status"]) for data in told} == {(1, "Available"), (2, "Occupied")}


# ---- who sees what


async def test_event_of_another_operator_is_not_seen(
    runtime: Runtime, app: FastAPI, client_of: ClientOf, stranger_id: str
) -> None:
    async with (
        page_on(app, await client_of(runtime)) as ours,
        page_on(app, await client_of(runtime, operator_id=stranger_id)) as theirs,
    ):
        await publish(runtime, StationChanged(**about(operator_id=stranger_id), what="online"))
        assert (await theirs.told())[0] == "station.changed"
        assert await ours.is_told_nothing()


async def test_caller_bound_to_locations_hears_of_its_stations(
    runtime: Runtime, app: FastAPI, client_of: ClientOf
) -> None:
    host = await client_of(runtime, "site_host", location_ids=["location-2"])
    async with page_on(app, host) as page:
        await publish(runtime, StationChanged(**about(1), what="online"), StationChanged(**about(2), what="online"))
        assert (await page.told())[1]["id"] == "s2"
        await publish(runtime, *an_end(1), *an_end(2))
        assert (await page.told())[1]["what"] == "priced"
        assert await page.is_told_nothing()


@pytest.mark.parametrize(("role", "status"), [(None, 401), ("finance", 403)])
async def test_stream_is_not_for_everybody(
    runtime: Runtime, app: FastAPI, client_of: ClientOf, role: str | None, status: int
) -> None:
    client = await client_of(runtime, role)
    response = await client.get("/live")
    assert response.status_code == status
    assert runtime.state(Hub).watching == 0


# ---- coming and going


async def test_nobody_listens_while_nobody_looks(
    runtime: Runtime, app: FastAPI, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    listening: set[object] = set()
    real = runtime.events.hear

    def hear(handler: Any, kinds: Any) -> Callable[[], None]:
        stop = real(handler, kinds)
        listening.add(stop)
        return lambda: (listening.discard(stop), stop())[1]

    monkeypatch.setattr(runtime.events, "hear", hear)
    client = await client_of(runtime)
    assert (len(listening), runtime.state(Hub).watching) == (0, 0)
    async with page_on(app, client):
        async with page_on(app, client):
            assert (len(listening), runtime.state(Hub).watching) == (1, 2)
        assert (len(listening), runtime.state(Hub).watching) == (1, 1)
    assert (len(listening), runtime.state(Hub).watching) == (0, 0)
    async with page_on(app, client) as page:
        await publish(runtime, progress(7))
        assert (await page.told())[1]["energy_wh"] == 7


async def test_page_hears_nothing_of_before_it_was_opened(runtime: Runtime, app: FastAPI, client_of: ClientOf) -> None:
    client = await client_of(runtime)
    async with page_on(app, client):
        await publish(runtime, progress(1))
    async with page_on(app, client) as page:
        assert await page.is_told_nothing()


async def test_silent_stream_is_kept_alive(
    runtime: Runtime, app: FastAPI, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "KEEP_ALIVE_S", 0.05)
    async with page_on(app, await client_of(runtime)) as page:
        assert [await page.text(), await page.text()] == [": keep-alive\n\n"] * 2


async def test_streams_end_when_the_process_stops(make_runtime: Any, client_of: ClientOf) -> None:
    runtime = await make_runtime(MANIFEST, STATIONS)
    app = create_app(runtime, [router for manifest in runtime.manifests for router in manifest.routes()])
    async with page_on(app, await client_of(runtime)) as page:
        await MANIFEST.stop(runtime)  # type: ignore[misc]
        assert await page.text() is None


async def test_more_pages_than_allowed_are_told_to_come_later(make_runtime: Any, client_of: ClientOf) -> None:
    runtime = await make_runtime(MANIFEST, STATIONS, settings={"live": {"watchers_max": 1}})
    app = create_app(runtime, [router for manifest in runtime.manifests for router in manifest.routes()])
    client = await client_of(runtime)
    async with page_on(app, client):
        response = await client.get("/live")
        assert (response.status_code, response.json()["type"]) == (503, "/problems/too-many-watchers")
        assert int(response.headers["retry-after"]) > 0
    async with page_on(app, client) as page:
        assert page.status == 200


async def test_page_that_does_not_keep_up_is_told_to_read_anew() -> None:
    watcher = Watcher(DEFAULT_OPERATOR_ID, None)
    for number in range(WAITING_MAX + 3):
        watcher.tell(f"event {number}")
    texts = watcher.stream()
    await anext(texts)
    assert [await anext(texts) for _ in range(3)] == [
        "event: refresh\ndata: {}\n\n",
        f"event {WAITING_MAX + 1}",
        f"event {WAITING_MAX + 2}",
    ]


async def test_page_that_does_not_keep_up_holds_up_no_stop() -> None:
    watcher = Watcher(DEFAULT_OPERATOR_ID, None)
    for number in range(WAITING_MAX):
        watcher.tell(f"event {number}")
    watcher.end()
    assert [text async for text in watcher.stream()] == ["retry: 2000\n: connected\n\n"]


async def test_a_page_ends_with_the_rights_of_who_opened_it(make_runtime: Any, client_of: ClientOf) -> None:
    runtime = await make_runtime(MANIFEST, STATIONS, settings={"live": {"verified_every_s": 0.05}})
    app = create_app(runtime, [router for manifest in runtime.manifests for router in manifest.routes()])
    client, admin = await client_of(runtime, "operations"), await client_of(runtime)
    async with page_on(app, client) as page:
        assert await page.text() == ": keep-alive\n\n"  # looked at, and still theirs
        keys = (await admin.get("/api-keys")).json()["items"]
        (key_id,) = [key["id"] for key in keys if key["role"] == "operations"]
        assert (await admin.delete(f"/api-keys/{key_id}")).status_code == 204
        told = [await page.text()]
        while told[-1] is not None:
            told.append(await page.text())
        assert set(told) <= {": keep-alive\n\n", None}
