"""The connection doctor: where on the way to the CSMS it ends, step by step, and what to do about it.

While the station is linked, the link itself is the proof of the last steps: a second connection of one identity would end the first.
"""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlsplit

from voltway.kernel import clock

PATIENCE_S = 5.0
CLOCK_OFF_S_MAX = 60.0
_PING = bytes([0x89, 0x80, 0, 0, 0, 0])  # masked with zeros, empty
_PONG = 0x8A


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way. `advice` is empty where nothing is to be done."""

    name: str
    is_right: bool
    found: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """Where the CSMS is, and what the station shows there."""

    url: str
    identity: str
    protocols: tuple[str, ...]
    password: str | None = None
    tls: ssl.SSLContext | None = None
    is_linked: bool = False
    linked_by: str = ""


async def examine(way: Way) -> list[Step]:
    """The steps in their order, up to the first that fails."""
    place = urlsplit(way.url)
    host, port = place.hostname or "", place.port or (443 if place.scheme == "wss" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        return [Step("DNS", False, f"{host}: {error.strerror}", "Check the name in [ocpp] url, and the DNS server.")]
    steps = [Step("DNS", True, f"{host} is {found[0][4][0]}")]
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as error:
        advice = "Check the port, the cable or SIM card, and whether a firewall lets the station out."
        return [*steps, Step("TCP", False, f"port {port}: {str(error) or 'no answer'}", advice)]
    writer.close()
    steps.append(Step("TCP", True, f"port {port} answers"))
    if way.is_linked:
        return [*steps, Step("link", True, f"the station is connected, by {way.linked_by}")]
    return steps + await _handshake(way, host, port)


async def _handshake(way: Way, host: str, port: int) -> list[Step]:
    steps: list[Step] = []
    is_tls = way.url.startswith("wss:")
    try:
        async with asyncio.timeout(PATIENCE_S):
            context = (way.tls or ssl.create_default_context()) if is_tls else None
            reader, writer = await asyncio.open_connection(host, port, ssl=context)
    except (ssl.SSLError, OSError, TimeoutError) as error:
        advice = "Check ca_file, the name in the server's certificate, and the station's clock."
        return [Step("TLS", False, str(error) or "no answer", advice)]
    try:
        if is_tls:
            steps.append(Step("TLS", True, str(writer.get_extra_info("ssl_object").version())))
        writer.write(_request(way, host, port))
        async with asyncio.timeout(PATIENCE_S):
            answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, headers = _parsed(answer)
        steps += _judged(way, status, headers)
        if status == 101 and all(step.is_right for step in steps):
            steps.append(await _ping(reader, writer))
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
        advice = "Something else than a CSMS listens there, or a proxy in between knows no WebSocket."
        steps.append(Step("WebSocket", False, str(error) or "no answer", advice))
    finally:
        writer.close()
        with suppress(OSError, ssl.SSLError):
            await writer.wait_closed()
    return steps


def _request(way: Way, host: str, port: int) -> bytes:
    path = f"{urlsplit(way.url).path.rstrip('/')}/{quote(way.identity, safe='')}"
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {', '.join(way.protocols)}",
    ]
    if way.password is not None:
        credentials = base64.b64encode(f"{way.identity}:{way.password}".encode()).decode()
        lines.append(f"Authorization: Basic {credentials}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _parsed(answer: str) -> tuple[int, dict[str, str]]:
    first, *rest = answer.split("\r\n")
    version, status, *_ = first.split(" ")
    if not version.startswith("HTTP/"):
        raise ValueError("the answer is no HTTP")
    pairs = (line.partition(":") for line in rest if ":" in line)
    return int(status), {name.strip().lower(): value.strip() for name, _, value in pairs}


def _judged(way: Way, status: int, headers: dict[str, str]) -> list[Step]:
    steps = []
    if (off_s := _off_s(headers.get("date"))) is not None:
        is_right = abs(off_s) <= CLOCK_OFF_S_MAX
        advice = (
            ""
            if is_right
            else "The station takes the CSMS's time once it is connected; TLS needs a better clock before."
        )
        steps.append(Step("clock", is_right, f"{off_s:+.0f} s from the server's", advice))
    if status == 401:
        advice = "Check identity and password; the CSMS must know the station."
        return [*steps, Step("authentication", False, "refused (401)", advice)]
    if status != 101:
        return [*steps, Step("WebSocket", False, f"the server answered {status}", "Check the path in [ocpp] url.")]
    steps.append(Step("authentication", True, "accepted"))
    chosen = headers.get("sec-websocket-protocol", "")
    is_ours = chosen in way.protocols
    advice = "" if is_ours else f"The CSMS speaks none of {', '.join(way.protocols)}."
    steps.append(Step("subprotocol", is_ours, chosen or "none", advice))
    return steps


def _off_s(text: str | None) -> float | None:
    try:
        at: datetime | None = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return None if at is None else (clock.now() - at).total_seconds()


async def _ping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Step:
    began_s = clock.monotonic()
    writer.write(_PING)
    async with asyncio.timeout(PATIENCE_S):
        head = await reader.readexactly(2)
    if head[0] != _PONG:
        return Step("ping", False, "something else came back", "")
    return Step("ping", True, f"{(clock.monotonic() - began_s) * 1000:.0f} ms")
