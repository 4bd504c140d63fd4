"""A charging station of a few lines for the cases of the device model: it says what a test says, and answers as told."""

from __future__ import annotations

import asyncio
import base64
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from builders import eventually
from e2e.server_process import ServerProcess

PATIENCE_S = 10.0
TIME = "2026-03-01T12:00:00Z"
V201, V21, V16 = "ocpp2.0.1", "ocpp2.1", "ocpp1.6"
both = pytest.mark.parametrize("protocol", [V201, V21])
PASSWORD = "correct-horse-battery"
Answer = dict[str, Any] | Callable[[dict[str, Any]], dict[str, Any] | None]


class CallRefused(Exception):
    """The platform answered with a CALLERROR."""


class ScriptedStation:
    """`answers[action]` is the payload for a call of the platform, or makes it (None: no answer); `heard` are the calls so far."""

    def __init__(self, connection: ClientConnection) -> None:
        self.answers: dict[str, Answer] = {}
        self.then: dict[str, Callable[[dict[str, Any]], list[tuple[str, dict[str, Any]]]]] = {}
        """What the station sends after it has answered a call."""
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self._connection = connection
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._following: set[asyncio.Task[None]] = set()
        self._count = 0

    def requests(self, action: str) -> list[dict[str, Any]]:
        return [payload for name, payload in self.heard if name == action]

    async def call(self, action: str, payload: dict[str, Any], message_id: str | None = None) -> dict[str, Any]:
        self._count += 1
        message_id = message_id or f"s-{self._count}"
        self._waiting[message_id] = asyncio.get_running_loop().create_future()
        await self._connection.send(json.dumps([2, message_id, action, payload]))
        return await asyncio.wait_for(self._waiting[message_id], PATIENCE_S)

    async def run(self) -> None:
        async for text in self._connection:
            kind, message_id, *rest = json.loads(text)
            if kind == 3:
                self._waiting.pop(message_id).set_result(rest[0])
            elif kind == 4:
                self._waiting.pop(message_id).set_exception(CallRefused(rest))
            else:
                await self._answer(message_id, *rest)

    async def _answer(self, message_id: str, action: str, payload: dict[str, Any]) -> None:
        self.heard.append((action, payload))
        answer = self.answers.get(action)
        if answer is None:
            await self._connection.send(json.dumps([4, message_id, "NotImplemented", "", {}]))
            return
        made = answer(payload) if callable(answer) else answer
        if made is None:  # it says nothing
            return
        await self._connection.send(json.dumps([3, message_id, made]))
        if action in self.then:
            task = asyncio.create_task(self._follow(self.then[action](payload)))
            self._following.add(task)
            task.add_done_callback(self._following.discard)

    async def _follow(self, messages: list[tuple[str, dict[str, Any]]]) -> None:
        for action, payload in messages:
            await self.call(action, payload)


@asynccontextmanager
async def linked(url: str, identity: str, protocol: str, password: str) -> AsyncIterator[ScriptedStation]:
    """A station on its link."""
    basic = base64.b64encode(f"{identity}:{password}".encode()).decode()
    async with connect(
        f"{url}/{identity}",
        subprotocols=[protocol],  # type: ignore[list-item]
        additional_headers={"Authorization": f"Basic {basic}"},
        proxy=None,
    ) as connection:
        station = ScriptedStation(connection)
        reading = asyncio.create_task(station.run())
        try:
            yield station
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


class Platform:
    """The API, and stations on its port."""

    def __init__(self, server: ServerProcess, api: httpx.AsyncClient) -> None:
        self.server, self.api = server, api
        self.station_id = ""
        self._identity = ""

    @asynccontextmanager
    async def station(self, protocol: str = "ocpp2.0.1", **fields: Any) -> AsyncIterator[ScriptedStation]:
        """A registered station that is linked and has booted."""
        identity = f"DM-{uuid.uuid4().hex[:12]}"
        body = {"identity": identity, "password": PASSWORD}
        made = await self.api.post("/charging-stations", json=body)
        assert made.status_code == 201, made.text
        self.station_id, self._identity = made.json()["id"], identity
        if fields:
            changed = await self.api.patch(f"/charging-stations/{self.station_id}", json=fields)
            assert changed.status_code == 200, changed.text
        async with self.again(protocol) as station:
            yield station

    @asynccontextmanager
    async def again(self, protocol: str) -> AsyncIterator[ScriptedStation]:
        """The station that was registered last, on a new link."""
        async with linked(self.server.stations_url, self._identity, protocol, PASSWORD) as station:
            station.answers["GetBaseReport"] = {"status": "NotSupported"}
            station.answers["GetConfiguration"] = {"configurationKey": []}
            await eventually(lambda: self._is_known_to_speak(protocol))
            yield station

    async def _is_known_to_speak(self, protocol: str) -> bool:
        """Before, an order is judged by what all protocols can say."""
        shown = await self.api.get(f"/charging-stations/{self.station_id}")
        return bool(shown.json()["protocol"] == protocol)

    async def order(self, kind: str, /, *, status: int = 200, **arguments: Any) -> dict[str, Any]:
        answer = await self.api.post(
            f"/charging-stations/{self.station_id}/commands",
            params={"wait_s": PATIENCE_S},
            json={"type": kind, **arguments},
        )
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    async def items(self, what: str, **query: Any) -> list[dict[str, Any]]:
        answer = await self.api.get(f"/charging-stations/{self.station_id}/{what}", params=query)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def read(self) -> dict[str, Any]:
        return dict((await self.api.get(f"/charging-stations/{self.station_id}")).json())


# ---- what stations say


def variable(name: str, value: str, component: str = "ClockCtrlr", **traits: Any) -> dict[str, Any]:
    return {
        "component": {"name": component},
        "variable": {"name": name},
        "variableAttribute": [{"type": "Actual", "value": value, "mutability": "ReadWrite"}],
        "variableCharacteristics": {"dataType": "string", "supportsMonitoring": False, **traits},
    }


def part(request: dict[str, Any], number: int, *, is_last: bool, **content: Any) -> dict[str, Any]:
    return {
        "requestId": request["requestId"],
        "generatedAt": TIME,
        "seqNo": number,
        "tbc": not is_last,
        **content,
    }
