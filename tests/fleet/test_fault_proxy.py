"""The fault proxy does what it says: else the tests that use it show nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidMessage

from fleet.fault_proxy import FaultProxy, Faults, Way

LONG = "x" * 70_000


@pytest.fixture
async def echo_port() -> AsyncIterator[int]:
    async def echo(link: ServerConnection) -> None:
        async for message in link:
            await link.send(message)

    async with serve(echo, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        yield next(iter(server.sockets)).getsockname()[1]


def dial(proxy: FaultProxy) -> connect:
    return connect(f"ws://127.0.0.1:{proxy.port}/", compression=None, ping_interval=None, close_timeout=0.1, proxy=None)


async def say(link: ClientConnection, text: str) -> str:
    await link.send(text)
    async with asyncio.timeout(30):
        return str(await link.recv())


@pytest.mark.parametrize(
    "faults",
    [Faults(), Faults(slice_bytes=7), Faults(delay_s=(0.01, 0.02)), Faults(on_message=lambda way, message: [message])],
)
async def test_what_is_said_arrives(echo_port: int, faults: Faults) -> None:
    async with FaultProxy(echo_port, faults) as proxy, dial(proxy) as link:
        for text in ("", "hello", "ä" * 200, LONG[:3_000]):
            assert await say(link, text) == text


async def test_long_messages_are_put_back_whole(echo_port: int) -> None:
    async with FaultProxy(echo_port, Faults(on_message=lambda way, message: [message])) as proxy, dial(proxy) as link:
        assert await say(link, LONG) == LONG


async def test_messages_are_doubled_dropped_and_reordered(echo_port: int) -> None:
    held: list[bytes] = []

    def change(way: Way, message: bytes) -> Sequence[bytes]:
        if way == "down":
            return [message]
        if message == b"twice":
            return [message, message]
        if message == b"never":
            return []
        if message == b"later":
            held.append(message)
            return []
        return [message, *held]

    async with FaultProxy(echo_port, Faults(on_message=change)) as proxy, dial(proxy) as link:
        for text in ("twice", "never", "later", "now"):
            await link.send(text)
        async with asyncio.timeout(30):
            assert [await link.recv() for _ in range(4)] == ["twice", "twice", "now", "later"]


@pytest.mark.parametrize("way", ["is_up_lost", "is_down_lost"])
async def test_black_hole_swallows_one_way_and_lets_the_connection_stand(echo_port: int, way: str) -> None:
    async with FaultProxy(echo_port) as proxy, dial(proxy) as link:
        assert await say(link, "before") == "before"
        setattr(proxy.faults, way, True)
        await link.send("lost")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await link.recv()
        setattr(proxy.faults, way, False)
        assert await say(link, "after") == "after"


@pytest.mark.parametrize("fault", ["all", "chunks", "idle"])
async def test_connection_is_reset(echo_port: int, fault: str) -> None:
    async with FaultProxy(echo_port, Faults(idle_s=0.2 if fault == "idle" else None)) as proxy, dial(proxy) as link:
        assert await say(link, "hello") == "hello"
        if fault == "all":
            proxy.reset_all()
        elif fault == "chunks":
            proxy.faults.resets_after_chunks = 1
            await link.send("the last straw")
        with pytest.raises(ConnectionClosed):
            async with asyncio.timeout(30):
                await link.recv()


async def test_refusing_lets_nobody_in(echo_port: int) -> None:
    async with FaultProxy(echo_port, Faults(is_refusing=True)) as proxy:
        with pytest.raises((OSError, InvalidMessage)):
            await dial(proxy)
        proxy.faults.is_refusing = False
        async with dial(proxy) as link:
            assert await say(link, "hello") == "hello"
