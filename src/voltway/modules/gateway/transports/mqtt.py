"""One station behind a broker: what it publishes becomes messages of its link, and back.

The broker watches whether the station is there and tells us with the station's last will: so a ping is answered here. What a
station sends while its link is not read waits in a list with an end, since one station must not stop the others.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from voltway.modules.gateway.mqtt_access import DOWN, LINK
from voltway.modules.gateway.settings import GatewaySettings
from voltway.modules.gateway.transports.websocket import Receiver

Publish = Callable[[str, bytes], None]
_encode = msgspec.json.encode


class MqttStation:
    """A station that has said that it is online; its link's transport once it is let in."""

    __slots__ = ("_held", "_is_ended", "_is_paused", "_limits", "_publish", "_receiver", "connection")

    def __init__(self, connection: str, limits: GatewaySettings, publish: Publish) -> None:
        self.connection = connection
        """The station's own name for its connection to the broker."""
        self._limits = limits
        self._publish = publish
        self._receiver: Receiver | None = None
        self._held: deque[bytes] = deque()
        self._is_paused = True
        self._is_ended = False

    # ---- what the broker's port does

    def let_in(self, receiver: Receiver) -> None:
        """The station is welcome, and this is its link."""
        self._receiver = receiver
        receiver.opened()
        self.tell(state="open")
        self.resume()

    @property
    def is_ended(self) -> bool:
        """Whether it was sent off, or is gone."""
        return self._is_ended

    def refuse(self, status: int, reason: str, retry_after_s: int | None) -> None:
        """The station is not welcome, or not now."""
        self.tell(state="refused", status=status, reason=reason, retry_after_s=retry_after_s)
        self._end(reason)

    def greet_again(self) -> None:
        """It has said twice that it is there."""
        if self._receiver is not None and not self._is_ended:
            self.tell(state="open")

    def take(self, raw: bytes) -> None:
        """One message of the station."""
        if self._is_ended:
            return
        if len(raw) > self._limits.message_bytes_max:
            self._fail(1009, "message too big")
        elif not self._is_paused and not self._held and self._receiver is not None:
            self._give(self._receiver, raw)
        elif len(self._held) < self._limits.mqtt.held_messages_max:
            self._held.append(raw)
        else:
            self._fail(1008, "too many messages at once")

    def lose(self, reason: str) -> None:
        """The station, or the broker, is gone."""
        self._end(reason)

    def tell(self, **said: Any) -> None:
        """Say how its link stands."""
        self._publish(LINK, _encode(said))

    # ---- what the link does

    def send(self, message: bytes) -> None:
        """Send a message; the broker drops it if the station does not come for it in time."""
        if not self._is_ended:
            self._publish(DOWN, message)

    def ping(self) -> None:
        """The broker would have told us if the station were gone."""
        asyncio.get_running_loop().call_soon(self._pong)

    def pause(self) -> None:
        """Hold what comes."""
        self._is_paused = True

    def resume(self) -> None:
        """Go on with what was held."""
        self._is_paused = False
        while self._held and not self._is_paused and not self._is_ended and self._receiver is not None:
            self._give(self._receiver, self._held.popleft())

    def close(self, code: int, reason: str) -> None:
        """Say good-bye: nothing is heard of the station until it says again that it is online."""
        if not self._is_ended:
            self.tell(state="closed", code=code, reason=reason)
            asyncio.get_running_loop().call_soon(self._end, f"closed by gateway: {code} {reason}")
            self._is_ended = True

    def abort(self) -> None:
        """Hear the station no more."""
        self._is_ended = True

    # ---- inside

    def _give(self, receiver: Receiver, raw: bytes) -> None:
        try:
            raw.decode()
        except UnicodeDecodeError:
            self._fail(1007, "text is not UTF-8")
        else:
            receiver.received(raw)

    def _fail(self, code: int, reason: str) -> None:
        if self._receiver is not None:
            self._receiver.close(code, reason)
        else:
            self.close(code, reason)

    def _pong(self) -> None:
        if self._receiver is not None and not self._is_ended:
            self._receiver.ponged()

    def _end(self, reason: str) -> None:
        self._is_ended = True
        self._held.clear()
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.lost(reason)
