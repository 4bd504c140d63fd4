"""A real receiver of webhooks on loopback, and what tests do with webhooks."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from typing import Any

import httpx
import sqlalchemy as sa
from fastapi import FastAPI, Request, Response

from builders import eventually
from voltway.contracts.stations import StationChanged
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.bus.event import Event
from voltway.kernel.runtime import Runtime
from voltway.modules.notify.tables import attempts, deliveries

HERE = {"networks": ["127.0.0.1/32"]}
SETTINGS = {"notify": {"webhooks_over_http": True, "webhook_timeout_s": 60.0}, "outbound": HERE}


class Receiver:
    """An HTTP server that keeps what it gets, and answers `statuses` in turn (the last one stays)."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.statuses = [204]
        self.delay_s = 0.0
        self.headers: dict[str, str] = {}
        self.content = b""
        self.url = ""
        self.now = self.most = 0

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/hook")
        async def take(request: Request) -> Response:
            self.now += 1
            self.most = max(self.most, self.now)
            self.got.append((dict(request.headers), await request.body()))
            status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
            await asyncio.sleep(self.delay_s)
            self.now -= 1
            return Response(self.content, status, self.headers)

        return app


async def added(client: httpx.AsyncClient, url: str, **fields: Any) -> dict[str, Any]:
    answer = await client.post("/webhooks", json={"url": url, **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def online(number: int = 1, what: str = "online", **changes: Any) -> StationChanged:
    fields = {"station_id": f"s{number}", "station_identity": f"CS{number}", "what": what, **changes}
    return StationChanged(**{"operator_id": DEFAULT_OPERATOR_ID, "at": clock.now(), **fields})


async def publish(runtime: Runtime, *events: Event) -> None:
    async with runtime.database.begin() as tx:
        tx.publish(*events)


async def rows(runtime: Runtime, table: sa.Table = deliveries) -> list[Any]:
    async with runtime.database.read() as tx:
        return list((await tx.execute(sa.select(table).order_by(table.c.id))).all())


async def hurry(runtime: Runtime) -> None:
    """Every pause is over."""
    async with runtime.database.begin() as tx:
        due = sa.update(deliveries).where(deliveries.c.next_attempt_at.is_not(None))
        await tx.execute(due.values(next_attempt_at=clock.now()))


async def states(runtime: Runtime) -> list[str]:
    return [row.state for row in await rows(runtime)]


def expected_signature(secret: str, headers: dict[str, str], body: bytes) -> str:
    seconds = headers["x-voltway-signature"].partition(",")[0].removeprefix("t=")
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()


async def eventually_attempts(runtime: Runtime, count: int) -> None:
    """Until so many attempts are written down."""

    async def are_noted() -> bool:
        return len(await rows(runtime, attempts)) >= count

    await eventually(are_noted)
