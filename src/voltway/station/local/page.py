"""The station's own page: how it stands, what limits it, what is wrong, what is left to do at commissioning, and the doctor.

Plain HTTP on a port that is open to the machine alone unless the configuration says otherwise. To look is free there; to change
something needs the PIN, in a header that no other web page can send.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger()

REQUEST_BYTES_MAX = 16 * 1024
PATIENCE_S = 10.0
CONNECTIONS_MAX = 16
TRIES_PER_MINUTE = 10
PAGE = Path(__file__).with_name("page.html")

Look = Callable[[], Awaitable[Any]]
Order = Callable[[dict[str, Any]], Awaitable[Any]]


class Wrong(Exception):
    """A request that is not answered as it wished; the text is for its sender."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        self.status = status
        super().__init__(text)


class LocalPage:
    """Serves the page, `looks` by path (GET, JSON) and `orders` by path (POST, JSON, with the PIN)."""

    def __init__(self, looks: Mapping[str, Look], orders: Mapping[str, Order], pin: str | None) -> None:
        self._looks, self._orders, self._pin = looks, orders, pin
        self._open = 0
        self._wrong_pins: list[float] = []
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises OSError if that is not possible."""
        self._server = await asyncio.start_server(self._serve, host, port, limit=REQUEST_BYTES_MAX)
        self.port = self._server.sockets[0].getsockname()[1]
        log.info("station_page.opened", host=host, port=self.port)

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= CONNECTIONS_MAX:
                async with asyncio.timeout(PATIENCE_S * 3):
                    writer.write(await self._answer(reader))
                    await writer.drain()
        except (OSError, TimeoutError):
            pass
        finally:
            self._open -= 1
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        try:
            async with asyncio.timeout(PATIENCE_S):
                method, path, headers, body = await _read(reader)
            if method == "GET" and path == "/":
                return _response(HTTPStatus.OK, PAGE.read_bytes(), "text/html; charset=utf-8")
            found = await self._found(method, path, headers, body)
            return _response(HTTPStatus.OK, json.dumps(found).encode(), "application/json")
        except Wrong as error:
            return _response(error.status, json.dumps({"error": str(error)}).encode(), "application/json")

    async def _found(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        if method == "GET" and path in self._looks:
            return await self._looks[path]()
        if method == "POST" and path in self._orders:
            self._check(headers)
            try:
                wish = json.loads(body or b"{}")
            except ValueError as error:
                raise Wrong(HTTPStatus.BAD_REQUEST, "the body is no JSON") from error
            if not isinstance(wish, dict):
                raise Wrong(HTTPStatus.BAD_REQUEST, "the body is no object")
            return await self._orders[path](wish)
        raise Wrong(HTTPStatus.NOT_FOUND, "there is nothing here")

    def _check(self, headers: dict[str, str]) -> None:
        now_s = asyncio.get_running_loop().time()
        self._wrong_pins = [at_s for at_s in self._wrong_pins if now_s - at_s < 60]
        if self._pin is None:
            raise Wrong(HTTPStatus.FORBIDDEN, "no PIN is configured: this page only shows")
        if len(self._wrong_pins) >= TRIES_PER_MINUTE:
            raise Wrong(HTTPStatus.TOO_MANY_REQUESTS, "too many wrong PINs; wait a minute")
        if not hmac.compare_digest(headers.get("x-station-pin", "").encode(), self._pin.encode()):
            self._wrong_pins.append(now_s)
            raise Wrong(HTTPStatus.UNAUTHORIZED, "the PIN is wrong")


async def _read(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str], bytes]:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        if not 0 <= length <= REQUEST_BYTES_MAX:
            raise Wrong(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too long")
        return method, target.partition("?")[0], headers, await reader.readexactly(length)
    except (ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise Wrong(HTTPStatus.BAD_REQUEST, "this is no request") from error


def _response(status: HTTPStatus, body: bytes, kind: str) -> bytes:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n"
        "Content-Security-Policy: default-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body
