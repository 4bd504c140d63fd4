"""Stations that prove who they are: how many get in for a CPU-second, what refusing costs, and a whole network that comes back.

Every station has a record and a password of its own. Plain sockets: the driver must not cost more than the server.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
import urllib.request
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from servers import Server, api_key, voltway

CONCURRENCY = 50
ANSWER_S = 20.0
STORM_S_MAX = 120.0
"""Who is not in by then is counted as left outside."""
REGISTERING = 8


@dataclass(frozen=True)
class Station:
    """An identity and what it shows."""

    identity: str
    password: str

    def request(self, password: str | None = None) -> bytes:
        login = base64.b64encode(f"{self.identity}:{password or self.password}".encode()).decode()
        return (
            f"GET /ocpp/{self.identity} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
            f"Sec-WebSocket-Protocol: ocpp1.6\r\nAuthorization: Basic {login}\r\n\r\n"
        ).encode()


async def measure(folder: Path, *, stations: int, duration_s: float) -> dict[str, Any]:
    """The figures, on a server of its own."""
    with voltway(folder / "data") as server:
        known = await _register(server, api_key(folder / "data"), stations)
        address = urlsplit(server.stations_url)
        port = address.port or 0
        return {
            "stations": stations,
            "accepted": await _round(server, duration_s, lambda n: _knock(port, known[n % stations])),
            "refused": await _round(server, duration_s, lambda n: _knock(port, known[n % stations], "x" * 20)),
            "storm": await _storm(server, port, known),
        }


# ---- one after the other, as fast as they are answered


async def _round(server: Server, duration_s: float, knock: Callable[[int], Awaitable[int]]) -> dict[str, Any]:
    """Some clients knock without pause; handshakes by the server's CPU seconds, until it is quiet again."""
    numbers, statuses = count(), Counter[int]()
    times_ms: list[float] = []
    before, began = server.used().cpu_s, time.perf_counter()

    async def client() -> None:
        while time.perf_counter() - began < duration_s:
            at = time.perf_counter()
            statuses[await knock(next(numbers))] += 1
            times_ms.append((time.perf_counter() - at) * 1e3)

    await asyncio.gather(*(client() for _ in range(CONCURRENCY)))
    wall_s = time.perf_counter() - began
    cpu_s = await asyncio.to_thread(server.drain) - before
    times_ms.sort()
    return {
        "statuses": {str(status): number for status, number in sorted(statuses.items())},
        "per_s": len(times_ms) / wall_s,
        "per_cpu_s": len(times_ms) / max(cpu_s, 1e-9),
        "p50_ms": times_ms[len(times_ms) // 2],
        "p99_ms": times_ms[int(len(times_ms) * 0.99)],
    }


async def _knock(port: int, station: Station, password: str | None = None) -> int:
    """One handshake; its status, 0 for none. The connection is closed at once."""
    status, writer, _ = await _ask(port, station, password)
    if writer is not None:
        writer.transport.abort()
    return status


async def _ask(
    port: int, station: Station, password: str | None = None
) -> tuple[int, asyncio.StreamWriter | None, float]:
    """The status, the connection, and how long to wait before the next attempt."""
    try:
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(station.request(password))
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return 0, None, 1.0
    wait_s = next((float(line[12:]) for line in head.split("\r\n") if line.lower().startswith("retry-after:")), 0.0)
    return int(head.split(" ", 2)[1]), writer, wait_s


# ---- all at once


async def _storm(server: Server, port: int, known: list[Station]) -> dict[str, Any]:
    """All are connected, all connections break at one moment, all come back at once; who is told to wait does."""
    gate = asyncio.Semaphore(CONCURRENCY)

    async def link(station: Station) -> asyncio.StreamWriter | None:
        async with gate:
            return (await _ask(port, station))[1]

    for writer in await asyncio.gather(*map(link, known)):
        if writer is not None:
            writer.transport.abort()
    statuses, back_s = Counter[int](), []
    before, began = server.used().cpu_s, time.perf_counter()

    async def come_back(station: Station) -> asyncio.StreamWriter | None:
        while time.perf_counter() - began < STORM_S_MAX:
            status, writer, wait_s = await _ask(port, station)
            statuses[status] += 1
            if status == 101:
                back_s.append(time.perf_counter() - began)
                return writer
            if writer is not None:
                writer.transport.abort()
            await asyncio.sleep(wait_s)
        return None

    writers = await asyncio.gather(*map(come_back, known))
    cpu_s = await asyncio.to_thread(server.drain) - before
    for writer in writers:
        if writer is not None:
            writer.transport.abort()
    back_s.sort()
    return {
        "statuses": {str(status): number for status, number in sorted(statuses.items())},
        "left_outside": len(known) - len(back_s),
        "half_back_s": back_s[len(back_s) // 2] if back_s else None,
        "all_back_s": back_s[-1] if back_s else None,
        "cpu_s": cpu_s,
    }


# ---- records


async def _register(server: Server, key: str, stations: int) -> list[Station]:
    """Records with a password that the platform has made up."""
    identities = [f"HS-{number:06}" for number in range(stations)]
    gate = asyncio.Semaphore(REGISTERING)

    async def one(identity: str) -> Station:
        async with gate:
            return await asyncio.to_thread(_post, server, key, identity)

    return list(await asyncio.gather(*map(one, identities)))


def _post(server: Server, key: str, identity: str) -> Station:
    request = urllib.request.Request(
        f"{server.http_url}/api/v1/charging-stations",
        json.dumps({"identity": identity}).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return Station(identity, json.load(response)["password"])
