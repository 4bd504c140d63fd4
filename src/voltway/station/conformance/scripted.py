"""A station that says exactly what a case tells it to say, and keeps everything that passed on the wire."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import picows

from voltway.kernel import clock
from voltway.station.conformance.answers import usual_answer
from voltway.station.conformance.case import CaseFailed, expect
from voltway.station.listening import FRAME_BYTES_MAX, MessageListener
from voltway.wire.ocpp.faults import Fault, ProtocolError
from voltway.wire.ocpp.rpc import Call, CallError, Codec, Result, codec_for

CONNECT_TIMEOUT_S = 15.0

Payload = dict[str, Any]
Answer = Payload | Callable[[Payload], Payload]


@dataclass(frozen=True, slots=True)
class Wired:
    """One line of the log: when, which way (`>` is from the station), and what."""

    at_s: float
    direction: str
    text: str


class Refused(Exception):
    """The server does not let the station in; `status` is its HTTP answer, None if there was none."""

    def __init__(self, status: int | None, why: str) -> None:
        super().__init__(why)
        self.status = status


class ScriptedStation:
    """One identity of a station; its link may be lost and opened again."""

    def __init__(self, url: str, identity: str, password: str | None, protocol: str, patience_s: float) -> None:
        self.identity, self.protocol = identity, protocol
        self.answers: dict[str, Answer] = {}
        """What to answer to a CALL of the CSMS; what is not here gets the usual answer."""
        self.log: list[Wired] = []
        self.faults: list[str] = []
        """What the CSMS sent that breaks the protocol."""
        self.subprotocol: str | None = None
        self._url = f"{url.rstrip('/')}/{quote(identity, safe='')}"
        self._password = password
        self._patience_s = patience_s
        self._codec: Codec = codec_for(protocol)
        self._transport: picows.WSTransport | None = None
        self._began_s = clock.monotonic()
        self._count = 0
        self._asked: dict[str, asyncio.Future[Any]] = {}
        self._orders: list[tuple[str, Payload]] = []
        self._news = asyncio.Event()

    # ---- the link

    async def connect(self, *, subprotocols: str | None = None, password: str | None = None, user: str = "") -> None:
        """Open the link. Raises Refused."""
        headers = {"Sec-WebSocket-Protocol": subprotocols or self.protocol}
        secret = password if password is not None else self._password
        if secret is not None:
            token = base64.b64encode(f"{user or self.identity}:{secret}".encode()).decode()
            headers["Authorization"] = f"Basic {token}"
        self._note("=", f"connect {self._url}")
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await picows.ws_connect(
                    lambda: MessageListener(self),
                    self._url,
                    extra_headers=headers,
                    max_frame_size=FRAME_BYTES_MAX,
                    max_redirects=0,
                )
        except picows.WSHandshakeError as error:
            status = int(error.response.status) if error.response is not None else None
            self._note("=", f"refused: {status}")
            raise Refused(status, f"the server answers {status}") from error
        except (picows.WSError, OSError, TimeoutError) as error:
            raise Refused(None, str(error) or type(error).__name__) from error

    async def disconnect(self) -> None:
        """Close the link, as a station that loses its network or its power."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.send_close(picows.WSCloseCode.OK)
            transport.disconnect()
            await asyncio.sleep(0)

    @property
    def is_connected(self) -> bool:
        return self._transport is not None

    # ---- what it says

    async def call(self, action: str, payload: Mapping[str, Any] | None = None, **wanted: Any) -> Payload:
        """Send a CALL; the answer's payload, once it has what is wanted. Raises CaseFailed."""
        self._count += 1
        message_id = f"{self.identity[:20]}-{self._count}"
        future = self._asked[message_id] = asyncio.get_running_loop().create_future()
        self._send([2, message_id, action, dict(payload or {})])
        try:
            async with asyncio.timeout(self._patience_s):
                frame = await future
        except TimeoutError:
            raise CaseFailed(f"{action}: no answer within {self._patience_s:g} s") from None
        finally:
            self._asked.pop(message_id, None)
        if isinstance(frame, CallError):
            raise CaseFailed(f"{action}: CALLERROR {frame.code_text}: {frame.description}")
        try:
            self._codec.decode_result(action, frame)
        except ProtocolError as error:
            raise CaseFailed(f"{action}: the answer breaks its schema: {error}") from error
        answer: Payload = json.loads(bytes(frame.payload))
        expect(f"answer to {action}", answer, **wanted)
        return answer

    # ---- what it hears

    async def expect_call(self, action: str, where: Callable[[Payload], bool] | None = None, **wanted: Any) -> Payload:
        """Wait for a CALL of the CSMS; its payload, once it has what is wanted. Raises CaseFailed."""
        try:
            async with asyncio.timeout(self._patience_s):
                while True:
                    for index, (name, payload) in enumerate(self._orders):
                        if name == action and (where is None or where(payload)):
                            del self._orders[index]
                            expect(action, payload, **wanted)
                            return payload
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise CaseFailed(f"{action} did not come within {self._patience_s:g} s") from None

    def forget_calls(self) -> None:
        """What came so far is not what the case waits for."""
        self._orders.clear()

    # ---- inside

    def _send(self, frame: list[Any]) -> None:
        if self._transport is None:
            raise CaseFailed("the CSMS has closed the link")
        raw = json.dumps(frame, separators=(",", ":"))
        self._note(">", raw)
        self._transport.send(picows.WSMsgType.TEXT, raw.encode())

    def _note(self, direction: str, text: str) -> None:
        self.log.append(Wired(round(clock.monotonic() - self._began_s, 4), direction, text))

    def opened(self, transport: picows.WSTransport) -> None:
        self._transport = transport
        self.subprotocol = transport.response.headers.get("Sec-WebSocket-Protocol")
        self._note("=", f"connected, sub-protocol {self.subprotocol}")

    def closed(self, transport: picows.WSTransport) -> None:
        if transport is self._transport:
            self._transport = None
            self._note("=", "closed by the CSMS")
            for future in self._asked.values():
                if not future.done():
                    future.set_exception(CaseFailed("the CSMS closed the link before it answered"))

    def received(self, transport: picows.WSTransport, raw: bytes) -> None:
        self._note("<", raw.decode(errors="replace"))
        try:
            frame = self._codec.decode(raw)
        except ProtocolError as error:
            self.faults.append(f"{error.action or 'a frame'}: {error}")
            self._send([4, error.message_id, "FormatViolation", str(error)[:255], {}])
            return
        if isinstance(frame, Result | CallError):
            future = self._asked.get(frame.message_id)
            if future is not None and not future.done():
                future.set_result(frame)
            elif future is None:
                self.faults.append(f"an answer to {frame.message_id}, which nobody asked")
        elif isinstance(frame, Call):
            payload: Payload = json.loads(raw)[3] or {}
            self._answer(frame.message_id, frame.action, payload)

    def _answer(self, message_id: str, action: str, payload: Payload) -> None:
        answer = self.answers.get(action)
        if answer is None:
            answer = usual_answer(self.protocol, action)
        if callable(answer):
            answer = answer(payload)
        if answer is None:
            self._send([4, message_id, "NotSupported", "", {}])
        else:
            kind = self._codec.actions[action].response
            checked = self._codec.read_payload(kind, json.dumps(answer).encode()) if kind is not None else None
            if isinstance(checked, Fault):  # ours, not the CSMS's
                raise AssertionError(f"the case answers {action} wrongly: {checked.path} {checked.text}")
            self._send([3, message_id, answer])
        self._orders.append((action, payload))
        self._news.set()
