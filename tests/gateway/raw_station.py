"""A station made of bytes: it can do everything that a WebSocket library would not let a test do."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import struct
from dataclasses import dataclass
from typing import Any

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
TIMEOUT_S = 30.0  # what comes, comes at once; on a busy machine it may not


@dataclass
class Response:
    """An HTTP response, whole."""

    status: int
    headers: dict[str, str]
    body: bytes
    raw: bytes


@dataclass
class Frame:
    """A frame as it came."""

    opcode: int
    payload: bytes
    is_deflated: bool = False

    @property
    def close_code(self) -> int:
        return int(struct.unpack("!H", self.payload[:2])[0])


class RawStation:
    """One TCP connection to the station port."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.orders: list[Any] = []
        """Calls that came while the test waited for an answer."""

    @classmethod
    async def dial(cls, port: int) -> RawStation:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def hang_up(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    # ---- the handshake

    async def ask(
        self,
        path: str,
        *,
        protocols: str | None = "ocpp1.6",
        user: str | None = None,
        password: str | bytes | None = None,
        **headers: str | None,
    ) -> Response:
        """Ask for a WebSocket; a header given as None is left out, `x_y` is X-Y."""
        fields: dict[str, str | None] = {
            "Host": "localhost",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Protocol": protocols,
            "Authorization": basic(user or path.rsplit("/", 1)[-1], password) if password is not None else None,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items() if value is not None)]
        self.writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n")
        return await self.response()

    async def response(self) -> Response:
        async with asyncio.timeout(TIMEOUT_S):
            raw = await self.reader.readuntil(b"\r\n\r\n")
            status_line, *lines = raw.decode("latin-1").strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return Response(int(status_line.split()[1]), headers, body, raw + body)

    # ---- frames

    def send_frame(
        self,
        opcode: int,
        payload: bytes = b"",
        *,
        is_final: bool = True,
        reserved: int = 0,
        is_masked: bool = True,
        announced: int | None = None,
    ) -> None:
        """A frame with any bits. `reserved`: RSV1 is 4; `announced`: the length it claims to have."""
        length = len(payload) if announced is None else announced
        mark = 0x80 if is_masked else 0
        head = bytes([(0x80 if is_final else 0) | reserved << 4 | opcode])
        if length < 126:
            head += bytes([mark | length])
        elif length < 65536:
            head += bytes([mark | 126]) + struct.pack("!H", length)
        else:
            head += bytes([mark | 127]) + struct.pack("!Q", length)
        if is_masked:
            mask = os.urandom(4)
            head += mask
            repeated = (mask * (len(payload) // 4 + 1))[: len(payload)]
            payload = (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(payload), "big")
        self.writer.write(head + payload)

    async def frame(self) -> Frame:
        """The next frame, whatever it is."""
        async with asyncio.timeout(TIMEOUT_S):
            first, second = await self.reader.readexactly(2)
            length = second & 0x7F
            if length == 126:
                (length,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", await self.reader.readexactly(8))
            return Frame(first & 0xF, await self.reader.readexactly(length), bool(first & 0x40))

    async def closed(self) -> int:
        """The code of the close frame that comes next; what else comes before it is passed over, pings for example."""
        while True:
            frame = await self.frame()
            if frame.opcode == CLOSE:
                return frame.close_code

    async def ended(self) -> None:
        """The connection is at its end."""
        async with asyncio.timeout(TIMEOUT_S):
            try:
                while await self.reader.read(65536):
                    pass
            except ConnectionResetError:
                pass

    # ---- messages

    def say(self, text: str | bytes) -> None:
        """Send a text message."""
        self.send_frame(TEXT, text.encode() if isinstance(text, str) else text)

    def call(self, message_id: str, action: str, payload: Any) -> None:
        """Send a CALL."""
        self.say(json.dumps([2, message_id, action, payload]))

    async def heard(self) -> Any:
        """The next message."""
        while True:
            frame = await self.frame()
            if frame.opcode == TEXT:
                return json.loads(frame.payload)
            if frame.opcode == PING:
                self.send_frame(PONG, frame.payload)
            elif frame.opcode == CLOSE:
                raise ConnectionError(f"closed: {frame.close_code} {frame.payload[2:].decode()}")

    async def exchange(self, message_id: str, action: str, payload: Any) -> Any:
        """Send a CALL and return what comes back; calls of ours that come meanwhile are not answered."""
        self.call(message_id, action, payload)
        while (heard := await self.heard())[0] == 2:
            self.orders.append(heard)
        return heard


def basic(user: str, password: str | bytes) -> str:
    """An Authorization header."""
    secret = password.encode() if isinstance(password, str) else password
    return "Basic " + base64.b64encode(user.encode() + b":" + secret).decode()
