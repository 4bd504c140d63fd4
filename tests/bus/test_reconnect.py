"""The line to the broker is cut and comes back: what is asked meanwhile fails in a way that says so, and then all goes on."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from builders import MakeRuntime, eventually
from services import needs_nats, needs_rabbitmq
from voltway.kernel.errors import Unavailable
from voltway.kernel.module import Manifest
from voltway.kernel.processes.carriers.nats import NatsCarrier
from voltway.kernel.processes.carriers.port import Carrier
from voltway.kernel.processes.carriers.rabbitmq import RabbitCarrier
from voltway.kernel.processes.settings import BusSettings
from voltway.kernel.runtime import Runtime

from .words import CountLetters  # noqa: TID252


class Line:
    """A line to a broker that can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self._to = host, port
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._to)
        self._writers |= {writer, far_writer}
        await asyncio.gather(self._pipe(reader, far_writer), self._pipe(far_reader, writer))

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
        except OSError:
            pass
        finally:
            writer.close()
            self._writers.discard(writer)

    def cut(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()


@asynccontextmanager
async def line_to(url: str, usual_port: int) -> AsyncIterator[tuple[Line, str]]:
    place = urlsplit(url)
    line = Line(place.hostname or "127.0.0.1", place.port or usual_port)
    server = await asyncio.start_server(line.take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    user = f"{place.username}:{place.password}@" if place.username else ""
    yield line, f"{place.scheme}://{user}127.0.0.1:{port}{place.path}"
    server.close()
    line.cut()


async def count(_: Runtime, question: CountLetters) -> int:
    return len(question.text)


@pytest.mark.parametrize("kind", ["nats", "rabbitmq"])
async def test_a_line_that_was_cut_comes_back(kind: str, make_runtime: MakeRuntime) -> None:
    url, usual_port = (needs_nats(), 4222) if kind == "nats" else (needs_rabbitmq(), 5672)
    prefix = f"test.{uuid.uuid4().hex}"
    async with line_to(url, usual_port) as (line, cuttable):

        def carrier() -> Carrier:
            return NatsCarrier(cuttable, prefix) if kind == "nats" else RabbitCarrier(cuttable, prefix)

        answers = Manifest(name="letters", answers={CountLetters: count})
        await make_runtime(answers, carrier=carrier(), bus=BusSettings())
        asking = await make_runtime(Manifest(name="asking"), carrier=carrier(), bus=BusSettings())
        assert await asking.ask(CountLetters(text="four")) == 4
        line.cut()

        async def is_answered() -> bool:
            try:
                return await asking.ask(CountLetters(text="four"), timeout_s=2.0) == 4
            except Unavailable:
                return False

        await eventually(is_answered, 60)
