"""A CSMS that does one thing wrong: what the conformance command must notice."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

Answer = Callable[[str, dict[str, Any]], Any]


def right_answer(action: str, payload: dict[str, Any]) -> Any:
    """What a station of 1.6 should get; nothing else is needed here."""
    match action:
        case "BootNotification":
            return {"status": "Accepted", "currentTime": datetime.now(UTC).isoformat(), "interval": 300}
        case "Heartbeat":
            return {"currentTime": datetime.now(UTC).isoformat()}
        case "Authorize":
            return {"idTagInfo": {"status": "Accepted"}}
        case "StartTransaction":
            return {"transactionId": 17, "idTagInfo": {"status": "Accepted"}}
        case "DataTransfer":
            return {"status": "UnknownVendorId"}
    return {}


@asynccontextmanager
async def csms(answer: Answer, *, unasked: Any = None) -> AsyncIterator[str]:
    """Its URL for stations. `unasked` is a frame that it sends to everybody who boots."""

    async def serve_link(link: ServerConnection) -> None:
        async for raw in link:
            frame = json.loads(raw)
            if frame[0] != 2:
                continue
            said = answer(frame[2], frame[3])
            if said is not None:
                await link.send(json.dumps([3, frame[1], said]))
            if unasked is not None and frame[2] == "BootNotification":
                await link.send(json.dumps(unasked))

    async with serve(serve_link, "127.0.0.1", 0, subprotocols=["ocpp1.6"]) as server:  # type: ignore[list-item]
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/ocpp"
