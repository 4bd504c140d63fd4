"""What tests build: valid and boring by default, so that a test states only what matters to it.

Imported as `from builders import ...`: the folder `tests` is on the path.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any, Protocol

import httpx
import uvicorn
from fastapi import FastAPI

from voltway.contracts.station_link import Phase, ReportBoot, ReportStatus, ReportTransaction
from voltway.contracts.vocabulary import ConnectorStatus, IdToken, MeterSample
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, Role
from voltway.kernel.database import Database
from voltway.kernel.http import create_app
from voltway.kernel.module import Manifest, Settings
from voltway.kernel.runtime import Runtime

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


# ---- what fixtures of conftest.py give


class MakeRuntime(Protocol):
    """`await make_runtime(MANIFEST, settings={"users": {"limit": 3}})`: a started runtime, stopped after the test."""

    async def __call__(
        self,
        *manifests: Manifest,
        settings: Mapping[str, Settings | Mapping[str, Any]] = ...,
        before_start: Callable[[Runtime], None] | None = None,
        **options: Any,
    ) -> Runtime: ...


class ClientOf(Protocol):
    """`client = await client_of(runtime)`: a client with an API key of that role; role None: of nobody."""

    def __call__(
        self,
        runtime: Runtime,
        role: Role | str | None = "operator_admin",
        *,
        operator_id: str = ...,
        location_ids: Sequence[str] | None = None,
    ) -> Awaitable[httpx.AsyncClient]: ...


def another(database: Database) -> Database:
    """The same database through other connections, as another process has them."""
    return Database(database.url.render_as_string(hide_password=False))


def app_of(runtime: Runtime, **options: Any) -> FastAPI:
    """The application that serves the routes of a runtime's modules."""
    return create_app(runtime, [router for manifest in runtime.manifests for router in manifest.routes()], **options)


@asynccontextmanager
async def served(app: FastAPI, **options: Any) -> AsyncIterator[str]:
    """Serve an application on a real port of loopback; its base URL. For what streams, and for what looks at addresses.
    `options` are uvicorn's, such as its certificate."""
    config = uvicorn.Config(app, port=0, lifespan="off", ws="none", log_config=None, access_log=False, **options)
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext  # type: ignore[method-assign,assignment]
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"{'https' if config.is_ssl else 'http'}://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


async def eventually(holds: Callable[[], Any], within_s: float = 45.0) -> None:
    """Wait until something holds; fails with what it was when the time is up. `holds` may be a coroutine function."""
    deadline = clock.monotonic() + within_s
    while True:
        found = holds()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return
        assert clock.monotonic() < deadline, f"not within {within_s} s: {holds}"
        await asyncio.sleep(0.01)


# ---- reports of stations


def a_boot(**changes: Any) -> ReportBoot:
    """A boot of an ordinary 1.6 station."""
    return ReportBoot(**{**_A_REPORT, "vendor": "Acme", "model": "One", **changes})


def a_status(status: ConnectorStatus = ConnectorStatus.AVAILABLE, **changes: Any) -> ReportStatus:
    """The status of EVSE 1, connector 1."""
    fields = {"evse_number": 1, "connector_number": 1, "status": status, "wire_status": status.value}
    return ReportStatus(**{**_A_REPORT, **fields, **changes})


def a_transaction_report(phase: Phase = Phase.STARTED, **changes: Any) -> ReportTransaction:
    """A 1.6 start at EVSE 1; other phases of the same transaction take `transaction_id`."""
    fields = {
        "phase": phase,
        "occurred_at": NOON,
        "evse_number": 1,
        "connector_number": 1,
        "id_token": IdToken("04A1B2C3"),
    }
    return ReportTransaction(**{**_A_REPORT, **fields, **changes})


def a_sample(energy_wh: int | None = 1000, **changes: Any) -> MeterSample:
    """A periodic sample of the import register."""
    return MeterSample(**{"at": NOON, "energy_wh": energy_wh, **changes})


_A_REPORT = {
    "operator_id": DEFAULT_OPERATOR_ID,
    "station_id": "00000000-0000-7000-8000-0000000000a1",
    "station_identity": "CS-1",
    "location_id": None,
    "protocol": "ocpp1.6",
    "message_id": "m-1",
    "received_at": NOON,
}
