"""The station's end of a WebSocket: whole messages out of frames, for all that play a station."""

from __future__ import annotations

from typing import Protocol

import picows

FRAME_BYTES_MAX = 1 << 20
"""Of a message, whole or in its frames."""


class Listens(Protocol):
    """Who is told of a connection."""

    def opened(self, transport: picows.WSTransport) -> None:
        """It stands."""

    def received(self, transport: picows.WSTransport, message: bytes) -> None:
        """A whole message has come."""

    def closed(self, transport: picows.WSTransport) -> None:
        """It is gone."""


class MessageListener(picows.WSListener):
    """One connection's callbacks; a message in several frames is put together here."""

    __slots__ = ("_owner", "_parts")

    def __init__(self, owner: Listens) -> None:
        self._owner = owner
        self._parts: list[bytes] = []

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self._owner.opened(transport)

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        kind = frame.msg_type
        if kind in (picows.WSMsgType.TEXT, picows.WSMsgType.CONTINUATION):
            self._parts.append(frame.get_payload_as_bytes())
            if frame.fin:
                parts, self._parts = self._parts, []
                self._owner.received(transport, parts[0] if len(parts) == 1 else b"".join(parts))
            elif sum(map(len, self._parts)) > FRAME_BYTES_MAX:
                transport.send_close(picows.WSCloseCode.MESSAGE_TOO_BIG)
                transport.disconnect()
        elif kind == picows.WSMsgType.CLOSE:
            transport.send_close(picows.WSCloseCode.OK)
            transport.disconnect()

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        self._owner.closed(transport)
