"""WebSocket frames to messages and back, on picows: what it lets pass and RFC 6455 forbids is refused here.

picows finds wrong opcodes, unmasked and oversized frames, fragmented or long control frames and wrong close frames, closes
with the right code, and is asked for no more than that: pings, fragments, compression, text and limits are ours.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

import structlog
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from voltway.modules.gateway.settings import GatewaySettings
from voltway.modules.gateway.transports.deflate import COMPRESS_FROM_BYTES, Deflate, InflatedTooLarge, NotDeflated

log = structlog.get_logger()

FRAGMENTS_MAX = 8192
LARGE_BYTES = 64 * 1024
"""Up to here a message counts as nothing in the budget of large messages."""
BREATH_S = 0.1
"""How long a station that pings too much is not read, and one that broke the protocol is given to read why it must go."""
_FAILURES = frozenset({1002, 1003, 1007, 1009})
_TEXT, _BINARY, _CONTINUATION = WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION
_PING, _PONG, _CLOSE = WSMsgType.PING, WSMsgType.PONG, WSMsgType.CLOSE


class MessageBudget:
    """What large messages occupy on all links together; the buffers that they have grown stay grown while a link lasts."""

    __slots__ = ("bytes_max", "used_bytes")

    def __init__(self, bytes_max: int) -> None:
        self.bytes_max, self.used_bytes = bytes_max, 0


class Receiver(Protocol):
    """Who gets the messages: the link."""

    def opened(self) -> None:
        """The handshake is over."""

    def received(self, raw: bytes) -> None:
        """A text message, valid UTF-8."""

    def ponged(self) -> None:
        """The station has answered a ping."""

    def close(self, code: int, reason: str) -> None:
        """The station must go."""

    def lost(self, reason: str) -> None:
        """The connection is gone."""


class Fault(Exception):
    """The station broke RFC 6455; the link is closed with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class WebSocket(WSListener):
    """One station's WebSocket. No task and no timer of its own while it is open."""

    __slots__ = ("_budget", "_deflate", "_fragments", "_limits", "_occupied_bytes", "_pings", "_receiver", "_transport")

    def __init__(
        self, receiver: Receiver, limits: GatewaySettings, budget: MessageBudget, deflate: Deflate | None
    ) -> None:
        self._receiver = receiver
        self._limits = limits
        self._budget = budget
        self._deflate = deflate
        self._transport: WSTransport | None = None
        self._fragments: _Fragments | None = None
        self._occupied_bytes = 0
        self._pings = 0

    # ---- what the link does

    def send(self, message: bytes) -> None:
        """Send a text message. What the station does not read is buffered up to a limit, then the link is closed."""
        if self._transport is None:
            return
        if self._deflate is not None and len(message) >= COMPRESS_FROM_BYTES:
            self._transport.send(_TEXT, self._deflate.deflate(message), True, True)
        else:
            self._transport.send(_TEXT, message)

    def ping(self) -> None:
        """Ask whether the station is there, and let it ping again."""
        self._pings = 0
        if self._transport is not None:
            self._transport.send_ping()

    def pause(self) -> None:
        """Read no more for now: what the station sends waits at the station."""
        if self._transport is not None:
            self._transport.underlying_transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if self._transport is not None:
            self._transport.underlying_transport.resume_reading()

    def close(self, code: int, reason: str) -> None:
        """Say good-bye; the connection ends with the station's answer, or without it."""
        if self._transport is None:
            return
        self._transport.underlying_transport.resume_reading()  # the station's answer is to be heard
        say_farewell(self._transport, code, reason, BREATH_S if code in _FAILURES else self._limits.close_timeout_s)

    def abort(self) -> None:
        """End the connection without a word."""
        if self._transport is not None:
            self._transport.disconnect(False)

    # ---- what picows calls

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is over."""
        self._transport = transport
        transport.underlying_transport.set_write_buffer_limits(high=self._limits.send_buffer_bytes_max)
        self._receiver.opened()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """A frame. Most are whole text messages and take the short way."""
        try:
            kind = frame.msg_type
            if kind is _TEXT and frame.fin and self._fragments is None and not (frame.rsv1 or frame.rsv2 or frame.rsv3):
                raw = frame.get_payload_as_bytes()
                if len(raw) > LARGE_BYTES:
                    self._occupy(len(raw))
                if not raw.isascii():
                    _require_utf8(raw)
                self._receiver.received(raw)
            elif kind is _TEXT or kind is _CONTINUATION:
                self._collect(frame, is_first=kind is _TEXT)
            else:
                self._control(transport, frame, kind)
        except Fault as fault:
            self._receiver.close(fault.code, fault.reason)
        except Exception as error:  # a bug: this link pays for it, the others must not notice
            log.error("frame.failed", exc_info=error)
            self._receiver.close(WSCloseCode.INTERNAL_ERROR.value, "internal error")

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The connection is gone."""
        self._budget.used_bytes -= self._occupied_bytes
        self._occupied_bytes = 0
        self._transport = None
        self._fragments = None
        self._receiver.lost(_why(transport))

    def pause_writing(self) -> None:
        """The station does not read what we send."""
        asyncio.get_running_loop().call_soon(
            self._receiver.close, WSCloseCode.POLICY_VIOLATION.value, "messages are not being read"
        )

    def resume_writing(self) -> None:
        """It has read; by then the link is closing."""

    # ---- the long way

    def _control(self, transport: WSTransport, frame: WSFrame, kind: WSMsgType) -> None:
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            raise Fault(1002, "reserved bits are set")
        if kind is _BINARY:
            raise Fault(1003, "OCPP is text")
        if kind is _CLOSE:
            if not transport.is_close_frame_sent:
                transport.send_close(WSCloseCode.OK)
            transport.disconnect()
            return
        self._pings += 1
        if self._pings > self._limits.pings_burst:
            if self._pings > 100 * self._limits.pings_burst:
                raise Fault(1008, "too many pings")
            if self._pings % self._limits.pings_burst == 1:
                transport.underlying_transport.pause_reading()
                asyncio.get_running_loop().call_later(BREATH_S, transport.underlying_transport.resume_reading)
            return
        if kind is _PING:
            transport.send_pong(frame.get_payload_as_bytes())
        else:
            self._receiver.ponged()

    def _collect(self, frame: WSFrame, *, is_first: bool) -> None:
        """Put a message together from its fragments, and take it apart again if it is compressed."""
        if frame.rsv2 or frame.rsv3 or (frame.rsv1 and (self._deflate is None or not is_first)):
            raise Fault(1002, "reserved bits are set")
        if is_first is (self._fragments is not None):
            raise Fault(1002, "a new message inside another" if is_first else "a continuation of nothing")
        fragments = self._fragments or _Fragments(is_deflated=frame.rsv1)
        fragments.add(frame.get_payload_as_bytes())
        if fragments.size > self._limits.message_bytes_max:
            raise Fault(1009, "message too big")
        if fragments.count > FRAGMENTS_MAX:
            raise Fault(1008, "too many fragments")
        if fragments.size > LARGE_BYTES:
            self._occupy(fragments.size)
        self._fragments = None if frame.fin else fragments
        if frame.fin:
            raw = fragments.join()
            if fragments.is_deflated and self._deflate is not None:
                raw = self._inflate(self._deflate, raw)
            _require_utf8(raw)
            self._receiver.received(raw)

    def _inflate(self, deflate: Deflate, raw: bytes) -> bytes:
        try:
            return deflate.inflate(raw, self._limits.message_bytes_max)
        except InflatedTooLarge:
            raise Fault(1009, "message too big") from None
        except NotDeflated:
            raise Fault(1007, "the message is not compressed as it says") from None

    def _occupy(self, size: int) -> None:
        """Count a large message; buffers grow by doubling, so it occupies about twice its size."""
        grown = 2 * size - self._occupied_bytes
        if grown > 0:
            self._occupied_bytes += grown
            self._budget.used_bytes += grown
            if self._budget.used_bytes > self._budget.bytes_max:
                raise Fault(1013, "too many large messages at once")


class Farewell(WSListener):
    """A connection that is upgraded only to be closed, with a reason that the station can read."""

    def __init__(self, code: int, reason: str, timeout_s: float) -> None:
        self._code, self._reason, self._timeout_s = code, reason, timeout_s

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Say why; whatever the station says is not heard."""
        say_farewell(transport, self._code, self._reason, self._timeout_s)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """It may close at once."""
        if frame.msg_type is _CLOSE:
            transport.disconnect()


def say_farewell(transport: WSTransport, code: int, reason: str, timeout_s: float) -> None:
    """Send a close frame; end the connection if the station does not answer it."""
    transport.send_close(WSCloseCode(code), reason.encode()[:120])
    asyncio.get_running_loop().call_later(timeout_s, transport.disconnect, False)


class _Fragments:
    """The parts of a message that is not complete yet."""

    __slots__ = ("_parts", "count", "is_deflated", "size")

    def __init__(self, *, is_deflated: bool) -> None:
        self.is_deflated = is_deflated
        self._parts: list[bytes] = []
        self.count = self.size = 0

    def add(self, part: bytes) -> None:
        self._parts.append(part)
        self.count += 1
        self.size += len(part)

    def join(self) -> bytes:
        return b"".join(self._parts)


def _require_utf8(raw: bytes) -> None:
    try:
        raw.decode()
    except UnicodeDecodeError:
        raise Fault(1007, "text is not UTF-8") from None


def _why(transport: WSTransport) -> str:
    """How a connection ended, in a few words. picows gives codes that it does not know as plain integers."""
    handshake: Any = transport.close_handshake
    said = handshake and (handshake.recv if handshake.recv_then_sent else handshake.sent)
    if not said:
        return "connection lost"
    code = getattr(said.code, "value", said.code)
    return f"closed by {'station' if handshake.recv_then_sent else 'gateway'}: {code} {said.reason or ''}".strip()[:200]
