"""A TCP proxy with faults, between stations and the station port or between the platform and its database.

What it does to bytes: delays, slices, black holes (each way), resets (RST), idle time-outs, no connections at all. What it does to
WebSocket messages: whatever a function says, which gets each message and gives those that go on: none, two, an older one.
Faults are read at every chunk: a test changes `proxy.faults` while connections are open.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Way = Literal["up", "down"]
OnMessage = Callable[[Way, bytes], Sequence[bytes]]
CHUNK = 65_536
TEXT = 1


@dataclass
class Faults:
    """What happens to every connection. Durations in seconds."""

    delay_s: tuple[float, float] = (0.0, 0.0)
    slice_bytes: int | None = None
    is_up_lost: bool = False
    """Bytes of the client vanish; the connection stays."""
    is_down_lost: bool = False
    resets_after_chunks: int | None = None
    """A connection is reset after so many chunks, both ways together."""
    idle_s: float | None = None
    """A connection on which nothing has been said for so long is reset."""
    is_refusing: bool = False
    """New connections are reset at once."""
    on_message: OnMessage | None = None
    """Set before a connection is made: a connection reads messages from its beginning or never."""


class FaultProxy:
    """`async with FaultProxy(port) as proxy:` listens on `proxy.port` of loopback."""

    def __init__(self, target_port: int, faults: Faults | None = None, seed: int = 1) -> None:
        self.target_port = target_port
        self.faults = faults or Faults()
        self.rng = random.Random(seed)
        self.connections: set[Connection] = set()
        self.resets = 0
        self.accepted = 0
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> FaultProxy:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.reset_all()
        await asyncio.sleep(0)

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def reset_all(self) -> None:
        """Every connection ends with a RST to both sides."""
        for connection in tuple(self.connections):
            connection.reset()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        if self.faults.is_refusing:
            _reset(writer)
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            _reset(writer)
            return
        connection = Connection(self, writer, far_writer)
        self.connections.add(connection)
        try:
            await connection.run(reader, far_reader)
        finally:
            self.connections.discard(connection)


class Connection:
    """One connection through the proxy."""

    def __init__(self, proxy: FaultProxy, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._near, self._far = near, far
        self._chunks = 0
        self._is_forgotten = False
        self.is_deaf = False
        """The client hears nothing any more on this connection."""
        self._on_message = proxy.faults.on_message
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self, near: asyncio.StreamReader, far: asyncio.StreamReader) -> None:
        """Carry both ways until one side ends."""
        self._tasks = [
            asyncio.create_task(self._carry("up", near, self._far)),
            asyncio.create_task(self._carry("down", far, self._near)),
        ]
        try:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for writer in (self._near, self._far):
                writer.close()

    def forget(self) -> None:
        """Nothing goes through any more, either way; neither side is told."""
        self._is_forgotten = True

    def reset(self) -> None:
        """Both sides get a RST."""
        self._proxy.resets += 1
        _reset(self._near)
        _reset(self._far)
        for task in self._tasks:
            task.cancel()

    async def _carry(self, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames = Frames() if self._on_message is not None else None
        with contextlib.suppress(ConnectionError, TimeoutError):
            while True:
                async with asyncio.timeout(self._proxy.faults.idle_s):
                    chunk = await reader.read(CHUNK)
                if not chunk:
                    return
                if frames is not None and self._on_message is not None:
                    chunk = b"".join(frames.change(chunk, lambda message: self._on_message(way, message)))  # type: ignore[misc]
                if chunk:
                    await self._pass_on(way, chunk, writer)
            return

    async def _pass_on(self, way: Way, chunk: bytes, writer: asyncio.StreamWriter) -> None:
        faults = self._proxy.faults
        self._chunks += 1
        if faults.resets_after_chunks is not None and self._chunks > faults.resets_after_chunks:
            self.reset()
            return
        if faults.delay_s[1]:
            await asyncio.sleep(self._proxy.rng.uniform(*faults.delay_s))
        if self._is_forgotten or (faults.is_up_lost if way == "up" else faults.is_down_lost or self.is_deaf):
            return
        size = faults.slice_bytes or len(chunk)
        for start in range(0, len(chunk), size):
            writer.write(chunk[start : start + size])
            await writer.drain()
            if size < len(chunk):
                await asyncio.sleep(0)


class Frames:
    """The text messages in one direction of a WebSocket, taken out and put back."""

    def __init__(self) -> None:
        self._buffer = b""
        self._has_head = False

    def change(self, chunk: bytes, on_message: Callable[[bytes], Sequence[bytes]]) -> Iterator[bytes]:
        """What is to be passed on of a chunk, in which each whole message has been replaced."""
        self._buffer += chunk
        if not self._has_head:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            self._has_head, self._buffer = True, rest
            yield head + end
        while (found := self._next()) is not None:
            raw, opcode, is_whole, is_masked, payload = found
            if opcode != TEXT or not is_whole:
                yield raw
                continue
            for message in on_message(payload):
                yield frame(message, is_masked=is_masked)

    def _next(self) -> tuple[bytes, int, bool, bool, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        first, second = buffer[0], buffer[1]
        length, at = second & 0x7F, 2
        if length == 126 and len(buffer) >= 4:
            length, at = struct.unpack("!H", buffer[2:4])[0], 4
        elif length == 127 and len(buffer) >= 10:
            length, at = struct.unpack("!Q", buffer[2:10])[0], 10
        elif length >= 126:
            return None
        is_masked = bool(second & 0x80)
        mask_at, at = at, at + 4 * is_masked
        if len(buffer) < at + length:
            return None
        raw, self._buffer = buffer[: at + length], buffer[at + length :]
        payload = raw[at:]
        return raw, first & 0xF, bool(first & 0x80), is_masked, mask(payload, raw[mask_at:at]) if is_masked else payload


def frame(message: bytes, *, is_masked: bool) -> bytes:
    """A whole text message as one frame."""
    length = len(message)
    bit = 0x80 if is_masked else 0
    if length < 126:
        head = bytes([0x80 | TEXT, bit | length])
    elif length < 65_536:
        head = bytes([0x80 | TEXT, bit | 126]) + struct.pack("!H", length)
    else:
        head = bytes([0x80 | TEXT, bit | 127]) + struct.pack("!Q", length)
    if not is_masked:
        return head + message
    key = os.urandom(4)
    return head + key + mask(message, key)


def mask(payload: bytes, key: bytes) -> bytes:
    """A payload with its mask put on, or taken off."""
    repeated = (key * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(payload), "big")


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None:
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
