"""From process to process over TCP, with no broker: the directory in the database says where each one listens.

Frames are a length and the payload. Both sides prove first that they have the installation's secret, by answering the other's
challenge (HMAC-SHA256 over both challenges and the role); after that the bytes are plain. Between machines this belongs on a
private network; where there is none, take a broker with TLS.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import itertools
import secrets
import struct
from collections.abc import Sequence

import structlog

from voltway.kernel.errors import StartUpError
from voltway.kernel.processes.carriers.port import Answer, AnswerLost, Hear, NotDelivered, Place

log = structlog.get_logger()

GREETING = b"voltway-bus/1\n"
CHALLENGE_BYTES = 32
CONNECT_S = 3.0
FRAME_BYTES_MAX = 64 * 1024 * 1024
UNSENT_BYTES_MAX = 16 * 1024 * 1024
"""Of what a slow process has not taken yet: beyond it, what is told is dropped, and what is asked waits."""
_HEAD = struct.Struct("!IcQ")  # length of what follows the head, kind, number
ASK, REPLY, TELL = b"?", b"!", b"."


class DirectCarrier:
    """Listens on one port; makes one connection to each process that it asks something."""

    def __init__(self, key: bytes, *, host: str = "127.0.0.1", port: int = 0, told_host: str = "") -> None:
        self._key, self._host, self._port, self._told_host = key, host, port, told_host
        self._server: asyncio.Server | None = None
        self._lines: dict[str, _Line] = {}
        self._opening: dict[str, asyncio.Lock] = {}
        self._incoming: set[_Line] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._unproven: set[asyncio.StreamWriter] = set()
        """Connections on which it is not shown yet that both have the key."""

    async def start(self, node_id: str, answer: Answer, hear: Hear) -> str:
        self._answer, self._hear = answer, hear
        try:
            self._server = await asyncio.start_server(self._accept, self._host, self._port, limit=FRAME_BYTES_MAX)
        except OSError as error:
            raise StartUpError(
                f"The bus port {self._host}:{self._port} cannot be opened ({error.strerror or error}). "
                "Set VOLTWAY_BUS__HOST and VOLTWAY_BUS__PORT to a free one; port 0 takes any."
            ) from error
        port = self._server.sockets[0].getsockname()[1]
        return f"{self._told_host or self._host}:{port}"

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for line in (*self._lines.values(), *self._incoming):
            line.close()
        for writer in self._unproven:
            writer.close()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._lines.clear()

    async def request(self, place: Place, payload: bytes, timeout_s: float) -> bytes:
        async with asyncio.timeout(timeout_s):
            line = await self._line_to(place)
            return await line.ask(payload)

    def tell(self, places: Sequence[Place], payload: bytes) -> None:
        for place in places:
            line = self._lines.get(place.address)
            if line is not None and not line.is_closed:
                line.tell(payload)
            elif (opening := self._opening.get(place.address)) is None or not opening.locked():
                self._spawn(self._tell_later(place, payload))

    async def _tell_later(self, place: Place, payload: bytes) -> None:
        with contextlib.suppress(NotDelivered):  # what is told may be lost
            (await self._line_to(place)).tell(payload)

    async def _line_to(self, place: Place) -> _Line:
        async with self._opening.setdefault(place.address, asyncio.Lock()):
            line = self._lines.get(place.address)
            if line is None or line.is_closed:
                line = self._lines[place.address] = await self._open(place)
            return line

    async def _open(self, place: Place) -> _Line:
        host, _, port = place.address.rpartition(":")
        try:
            async with asyncio.timeout(CONNECT_S):
                reader, writer = await asyncio.open_connection(host, int(port), limit=FRAME_BYTES_MAX)
                await self._prove(reader, writer, is_caller=True)
        except (OSError, TimeoutError, ValueError, EOFError) as error:
            raise NotDelivered(f"{place.address}: {error!r}") from error
        line = _Line(self, reader, writer)
        self._spawn(line.read())
        return line

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None or not self._server.is_serving():
            writer.close()  # whoever came in the moment of our going
            return
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(asyncio.CancelledError):  # at our stop: asyncio's streams log it as an error (3.11)
            await self._serve(reader, writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._prove(reader, writer, is_caller=False)
        except (OSError, TimeoutError, ValueError, EOFError) as error:
            log.warning("bus.stranger_refused", reason=repr(error)[:200])
            return
        line = _Line(self, reader, writer)
        self._incoming.add(line)
        try:
            await line.read()
        finally:
            self._incoming.discard(line)

    async def _prove(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_caller: bool) -> None:
        """As `_prove` below; whatever comes in between, the connection is closed."""
        self._unproven.add(writer)
        try:
            await _prove(reader, writer, self._key, is_caller=is_caller)
        except BaseException:
            writer.close()
            raise
        finally:
            self._unproven.discard(writer)

    async def serve(self, line: _Line, number: int, payload: bytes) -> None:
        """Answer one question."""
        reply = await self._answer(payload)
        if not line.is_closed:
            line.send(REPLY, number, reply)

    def hear(self, payload: bytes) -> None:
        """Pass on what was told."""
        self._hear(payload)

    def take(self, line: _Line, number: int, payload: bytes) -> None:
        """Begin to answer a question."""
        self._spawn(self.serve(line, number, payload))

    def _spawn(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Line:
    """One connection; either side may ask."""

    def __init__(self, carrier: DirectCarrier, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._carrier, self._reader, self._writer = carrier, reader, writer
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self.is_closed = False

    async def ask(self, payload: bytes) -> bytes:
        number = next(self._numbers)
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            self.send(ASK, number, payload)
            await self._writer.drain()
            return await future
        except OSError as error:
            raise AnswerLost(repr(error)) from error
        finally:
            self._waiting.pop(number, None)

    def tell(self, payload: bytes) -> None:
        if self._writer.transport.get_write_buffer_size() < UNSENT_BYTES_MAX:
            self.send(TELL, 0, payload)

    def send(self, kind: bytes, number: int, payload: bytes) -> None:
        self._writer.write(_HEAD.pack(len(payload), kind, number) + payload)

    async def read(self) -> None:
        """Take what comes, until the connection ends."""
        try:
            while True:
                length, kind, number = _HEAD.unpack(await self._reader.readexactly(_HEAD.size))
                if length > FRAME_BYTES_MAX:
                    raise ValueError("frame too large")
                payload = await self._reader.readexactly(length)
                if kind == REPLY:
                    future = self._waiting.get(number)
                    if future is not None and not future.done():
                        future.set_result(payload)
                elif kind == ASK:
                    self._carrier.take(self, number, payload)
                elif kind == TELL:
                    self._carrier.hear(payload)
        except (OSError, EOFError, ValueError):
            pass
        finally:
            self.close()

    def close(self) -> None:
        self.is_closed = True
        self._writer.close()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(AnswerLost("the connection has ended"))


async def _prove(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: bytes, *, is_caller: bool) -> None:
    """Show each other that both have the key. Raises ValueError for somebody who has not."""
    ours = secrets.token_bytes(CHALLENGE_BYTES)
    writer.write(GREETING + ours)
    if await reader.readexactly(len(GREETING)) != GREETING:
        raise ValueError("not Voltway's bus")
    theirs = await reader.readexactly(CHALLENGE_BYTES)
    if theirs == ours:
        raise ValueError("a mirror")
    called, caller = (theirs, ours) if is_caller else (ours, theirs)

    def proof(of_caller: bool) -> bytes:
        return hmac.digest(key, (b"caller" if of_caller else b"called") + caller + called, "sha256")

    writer.write(proof(is_caller))
    if not hmac.compare_digest(await reader.readexactly(32), proof(not is_caller)):
        raise ValueError("another secret")
