"""A small proxy of a test: it takes one connection after the other, says whom they are from, and passes bytes on."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def v1(address: str) -> bytes:
    """What a proxy says in version 1 of the PROXY protocol."""
    return f"PROXY TCP4 {address} 127.0.0.1 51000 9000\r\n".encode()


def v2(address: str, *, is_tls: bool = False, command: int = 1) -> bytes:
    """What a proxy says in version 2; `is_tls`: it has ended TLS."""
    ip = ipaddress.ip_address(address)
    ours = ipaddress.ip_address("127.0.0.1" if ip.version == 4 else "::1")
    body = ip.packed + ours.packed + struct.pack("!HH", 51000, 9000)
    body += struct.pack("!BH", 0x04, 3) + b"abc"  # a field that says nothing to us
    if is_tls:
        body += struct.pack("!BHBI", 0x20, 5, 0x01, 0)
    return SIGNATURE + bytes([0x20 | command, 0x11 if ip.version == 4 else 0x21]) + struct.pack("!H", len(body)) + body


@asynccontextmanager
async def proxy(target: int, says: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A proxy before a port; its own port. With `tls` it ends TLS. What it says first comes byte by byte."""
    tasks: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        their_reader, their_writer = await asyncio.open_connection("127.0.0.1", target)
        for index in range(len(says)):
            their_writer.write(says[index : index + 1])
            await asyncio.sleep(0)
        for ends in ((reader, their_writer), (their_reader, writer)):
            task = asyncio.create_task(pump(*ends))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
