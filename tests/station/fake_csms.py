"""A CSMS to test stations against: raw OCPP-J over WebSocket, every message held against the official schemas."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from ocpp import messages
from websockets.asyncio.server import Server, ServerConnection

from voltway.station.simulator.fleet import Fleet
from voltway.station.simulator.scenarios import Scenario

VERSIONS = {"ocpp1.6": "1.6", "ocpp2.0.1": "2.0.1", "ocpp2.1": "2.1"}
PATIENCE_S = 10.0
LOOK_S = 0.01
SILENCE = object()
QUIET = Scenario("quiet", "nobody comes", first_arrival_s=(1e9, 1e9))
BRISK = Scenario(
    "brisk",
    "one short visit",
    first_arrival_s=(0, 1),
    stay_s=(60, 90),
    linger_s=(5, 10),
    visits_max=1,
)

Answer = Callable[[str, dict[str, Any]], object]


@dataclass
class Refusal:
    """Answer with a CALLERROR."""

    code: str = "InternalError"


@dataclass
class Heard:
    """One CALL of a station."""

    identity: str
    action: str
    payload: dict[str, Any]
    message_id: str


@dataclass
class FakeCsms:
    """Accepts everything, unless `answers` has something else to say about an action."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    links: dict[str, ServerConnection] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    strays: list[list[Any]] = field(default_factory=list)
    """Answers to what nobody asked, or what was not asked by `ask`."""
    transaction_id: int = 1000
    _asked: dict[str, asyncio.Future[list[Any]]] = field(default_factory=dict)

    def actions(self, identity: str = "S1") -> list[str]:
        return [heard.action for heard in self.heard if heard.identity == identity]

    def payloads(self, *actions: str) -> list[dict[str, Any]]:
        return [heard.payload for heard in self.heard if heard.action in actions]

    async def ask(self, action: str, payload: dict[str, Any], identity: str = "S1") -> Any:
        """Send an order and give back the answer's payload, or the error code."""
        message_id = f"order-{len(self._asked)}"
        future = self._asked[message_id] = asyncio.get_running_loop().create_future()
        await self.links[identity].send(json.dumps([2, message_id, action, payload]))
        async with asyncio.timeout(PATIENCE_S):
            answer = await future
        if answer[0] == 4:
            return answer[2]
        self._check(messages.CallResult(message_id, answer[2], action), self.links[identity])
        return answer[2]

    async def serve_link(self, link: ServerConnection) -> None:
        identity = link.request.path.rsplit("/", 1)[1] if link.request else ""
        self.links[identity] = link
        async for raw in link:
            frame = json.loads(raw)
            if frame[0] == 2:
                await self._answer(link, identity, Heard(identity, frame[2], frame[3], frame[1]))
            elif (asked := self._asked.get(frame[1])) is not None:
                asked.set_result(frame)
            else:
                self.strays.append(frame)

    async def _answer(self, link: ServerConnection, identity: str, heard: Heard) -> None:
        self.heard.append(heard)
        self._check(messages.Call(heard.message_id, heard.action, heard.payload), link)
        custom = self.answers.get(heard.action)
        answer = custom(identity, heard.payload) if custom else None
        if answer is None:
            answer = self._usual(heard.action, is_16=link.subprotocol == "ocpp1.6")
        if isinstance(answer, Refusal):
            await link.send(json.dumps([4, heard.message_id, answer.code, "", {}]))
        elif answer is not SILENCE:
            await link.send(json.dumps([3, heard.message_id, answer]))

    def _usual(self, action: str, is_16: bool) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat()
        match action:
            case "BootNotification":
                return {"status": "Accepted", "currentTime": now, "interval": 300}
            case "Heartbeat":
                return {"currentTime": now}
            case "Authorize":
                return {"idTagInfo" if is_16 else "idTokenInfo": {"status": "Accepted"}}
            case "StartTransaction":
                self.transaction_id += 1
                return {"transactionId": self.transaction_id, "idTagInfo": {"status": "Accepted"}}
        return {}

    def _check(self, message: Any, link: ServerConnection) -> None:
        try:
            messages._validate_payload(message, VERSIONS[link.subprotocol or ""])
        except Exception as error:
            self.complaints.append(f"{message.action}: {error}")


@dataclass
class Running:
    """A fleet under way; `finish` lets everybody leave and waits for the end."""

    fleet: Fleet
    stop: asyncio.Event
    task: asyncio.Task[None]

    async def finish(self) -> None:
        self.stop.set()
        await self.task


Launch = Callable[..., Awaitable[Running]]


async def until(is_so: Callable[[], object], what: str) -> None:
    """Wait for something that must come true soon."""
    for _ in range(int(PATIENCE_S / LOOK_S)):
        if is_so():
            return
        await asyncio.sleep(LOOK_S)
    pytest.fail(f"never happened: {what}")


def port_of(server: Server) -> int:
    return int(next(iter(server.sockets)).getsockname()[1])
