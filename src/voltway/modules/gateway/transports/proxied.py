"""Listening where something comes before the request: what a trusted proxy says of its client, and the handshake of TLS.

Connections count from when they are accepted, so that silent ones cannot pile up before their ClientHello. The plain port without
`gateway.trusted_proxies` needs no task for a connection, and does without.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import structlog

from voltway.modules.gateway.proxies import (
    V1_BYTES_MAX,
    V1_START,
    V2_HEAD_BYTES,
    V2_START,
    Origin,
    TrustedProxies,
    Unbelievable,
    body_length_of_v2,
    read_v1,
    read_v2,
)

log = structlog.get_logger()

BACKLOG = 1024
BREATH_S = 0.5
"""How long nothing is accepted when no more connections can be had."""


class ProxiedServer:
    """A listener that hands on each connection with whom it is from."""

    def __init__(
        self,
        proxies: TrustedProxies,
        take: Callable[[socket.socket, Origin], Awaitable[None]],
        timeout_s: float,
        is_full: Callable[[], bool],
    ) -> None:
        self._proxies = proxies
        self._take = take
        self._timeout_s = timeout_s
        self._is_full = is_full
        self._tasks: set[asyncio.Task[None]] = set()
        self._acceptors: list[asyncio.Task[None]] = []
        self.sockets: list[socket.socket] = []

    @property
    def waiting(self) -> int:
        """The connections of which it is not known yet whom they are from, or whose TLS handshake goes on."""
        return len(self._tasks)

    async def listen(self, host: str, port: int, *, reuse_port: bool = False) -> None:
        """Begin. Raises OSError where an address cannot be had."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        try:
            for family, address in dict.fromkeys((entry[0], entry[4]) for entry in found):
                listener = socket.socket(family, socket.SOCK_STREAM)
                self.sockets.append(listener)
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if reuse_port:
                    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                if family == socket.AF_INET6:
                    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                listener.setblocking(False)
                listener.bind(address)
                listener.listen(BACKLOG)
        except OSError:
            self.close()
            raise
        self._acceptors = [asyncio.create_task(self._accept(listener)) for listener in self.sockets]

    def close(self) -> None:
        """Listen no more; what has not been handed on is dropped."""
        for task in (*self._acceptors, *self._tasks):
            task.cancel()
        for listener in self.sockets:
            listener.close()
        self.sockets = []

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, address = await loop.sock_accept(listener)
            except OSError as error:  # too many open files: those that have been accepted go on
                log.warning("station_port.not_accepting", error=repr(error)[:200])
                await asyncio.sleep(BREATH_S)
                continue
            connection.setblocking(False)
            if self._is_full():
                connection.close()
                continue
            task = asyncio.create_task(self._greet(connection, str(address[0])))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _greet(self, connection: socket.socket, address: str) -> None:
        """Hear whom a connection is from, and hand it on."""
        try:
            async with asyncio.timeout(self._timeout_s):
                peer = Origin(address)
                said = await self._hear(connection) if self._proxies.trusts(address) else None
                await self._take(connection, said or peer)
        except Unbelievable as error:
            log.warning("proxy.not_understood", address=address, reason=str(error))
            connection.close()
        except (OSError, TimeoutError):  # gone, silent, or no TLS: strangers can cause it at will
            connection.close()
        except BaseException:
            connection.close()
            raise

    async def _hear(self, connection: socket.socket) -> Origin | None:
        """What a trusted peer says in the PROXY protocol; None if it does not. Nothing behind it is read."""
        first = await _peek(connection)
        if first == V1_START[:1]:
            line = first[:0]
            while not line.endswith(b"\r\n"):
                if len(line) >= V1_BYTES_MAX or not line.startswith(V1_START[: len(line)]):
                    raise Unbelievable("the PROXY line cannot be read")
                line += await _read(connection, 1)
            return read_v1(line[:-2])
        if first == V2_START[:1]:
            head = await _read(connection, V2_HEAD_BYTES)
            return read_v2(head, await _read(connection, body_length_of_v2(head)))
        return None


async def _peek(connection: socket.socket) -> bytes:
    """The first byte that comes, which stays to be read."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(connection, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(connection)
    return connection.recv(1, socket.MSG_PEEK)


async def _read(connection: socket.socket, count: int) -> bytes:
    """Exactly so many bytes. Raises ConnectionError at the end of the connection."""
    loop = asyncio.get_running_loop()
    read = b""
    while len(read) < count:
        some = await loop.sock_recv(connection, count - len(read))
        if not some:
            raise ConnectionError("the connection has ended")
        read += some
    return read
