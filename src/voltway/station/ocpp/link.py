"""A station's connection to the CSMS: OCPP-J over WebSocket, coming back by itself whenever it is lost."""

from __future__ import annotations

import asyncio
import base64
import random
import ssl
from collections.abc import Callable, Sequence
from typing import Protocol
from urllib.parse import quote

import picows

from voltway.kernel import clock as true_clock
from voltway.station.listening import FRAME_BYTES_MAX, MessageListener
from voltway.station.ocpp.variables import Settings
from voltway.station.ocpp.virtual_time import VirtualClock
from voltway.station.ocpp.vocabulary import Counters

CONNECT_TIMEOUT_S = 15.0
READ_BUFFER_BYTES = 2048
# A link must have lasted so long before its loss counts as the first one again.
STABLE_S = 30.0


class LinkOwner(Protocol):
    """Whoever the link serves."""

    def link_up(self) -> None: ...

    def link_down(self) -> None: ...

    def receive(self, frame: bytes) -> None: ...

    def connect_failed(self) -> None:
        """An attempt to connect has failed; the next is not planned yet."""

    def negotiated(self, subprotocol: str) -> None:
        """The server has chosen one of several protocols; told before `link_up`."""


class Link:
    """Connects, keeps connected, and says so; `gate` bounds how many links of a fleet connect at one time."""

    __slots__ = (
        "_attempts",
        "_clock",
        "_connecting",
        "_counters",
        "_gate",
        "_headers",
        "_is_wanted",
        "_owner",
        "_retry",
        "_rng",
        "_settings",
        "_ssl",
        "_subprotocols",
        "_transport",
        "_up_since_s",
        "_url",
        "spoil",
        "subprotocol",
    )

    def __init__(
        self,
        owner: LinkOwner,
        url: str,
        identity: str,
        *subprotocols: str,
        clock: VirtualClock,
        settings: Settings,
        rng: random.Random,
        counters: Counters,
        gate: asyncio.Semaphore,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._owner = owner
        self._url = f"{url.rstrip('/')}/{quote(identity, safe='')}"
        self.subprotocol = subprotocols[0]
        self._subprotocols = subprotocols
        self._headers = {"Sec-WebSocket-Protocol": ", ".join(subprotocols)}
        self._clock = clock
        self._settings = settings
        self._rng = rng
        self._counters = counters
        self._gate = gate
        self._ssl = ssl_context
        self._transport: picows.WSTransport | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._attempts = 0
        self._up_since_s = 0.0
        self._is_wanted = False
        self.spoil: Callable[[bytes], Sequence[bytes]] | None = None
        """What a simulated make does to its frames on their way out."""

    @property
    def address(self) -> str:
        """Where it connects."""
        return self._url

    @property
    def is_up(self) -> bool:
        return self._transport is not None

    def use_password(self, identity: str, password: str) -> None:
        """HTTP Basic, as OCPP's security profiles 1 and 2 want it; holds from the next connection on."""
        credentials = base64.b64encode(f"{identity}:{password}".encode()).decode()
        self._headers["Authorization"] = f"Basic {credentials}"

    def use_address(self, url: str, ssl_context: ssl.SSLContext | None) -> None:
        """Another CSMS, from the next connection on."""
        self._url = f"{url.rstrip('/')}/{self._url.rpartition('/')[2]}"
        self._ssl = ssl_context

    def use_tls(self, context: ssl.SSLContext) -> None:
        """From the next connection on."""
        self._ssl = context

    def start(self, after_true_s: float = 0.0) -> None:
        self._is_wanted = True
        self._schedule(after_true_s)

    def send(self, frame: bytes) -> None:
        if self._transport is not None:
            for one in (frame,) if self.spoil is None else self.spoil(frame):
                self._transport.send(picows.WSMsgType.TEXT, one)

    def abandon(self) -> None:
        """Cut a connection that is open but dead, and connect anew."""
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    def drop(self, for_true_s: float) -> None:
        """Lose the connection, or any attempt at one, and stay away for some time."""
        self._cancel()
        self._close(picows.WSCloseCode.GOING_AWAY)
        self._schedule(for_true_s)

    def hurry(self) -> None:
        """Connect now rather than when the waiting time is over."""
        if self._retry is not None:
            self._cancel()
            self._schedule(0.0)

    def stop(self) -> None:
        self._is_wanted = False
        self._cancel()
        self._close(picows.WSCloseCode.OK)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _schedule(self, after_true_s: float) -> None:
        if self._is_wanted and self._retry is None and self._connecting is None:
            self._retry = self._clock.after_true(after_true_s, self._begin)

    def _cancel(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._connecting is not None:
            self._connecting.cancel()
            self._connecting = None

    def _close(self, code: picows.WSCloseCode) -> None:
        transport = self._transport
        if transport is not None:
            self._lost(transport)
            transport.send_close(code)
            transport.disconnect()

    def _begin(self) -> None:
        self._retry = None
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        retry_after_s = 0.0
        try:
            async with self._gate, asyncio.timeout(CONNECT_TIMEOUT_S):
                await picows.ws_connect(
                    lambda: MessageListener(self),
                    self._url,
                    ssl_context=self._ssl,
                    websocket_handshake_timeout=CONNECT_TIMEOUT_S,
                    extra_headers=self._headers,
                    max_frame_size=FRAME_BYTES_MAX,
                    read_buffer_init_size=READ_BUFFER_BYTES,
                    max_redirects=0,
                )
        except picows.WSHandshakeError as error:
            status = error.response.status if error.response is not None else None
            retry_after_s = _retry_after_s(error)
            if status == 401:
                self._failed("the server refuses the station or its password (401)")
            elif retry_after_s:
                self._counters.postponed += 1
            else:
                self._failed(f"the server answered {int(status)}" if status else f"no WebSocket there ({error})")
        except TimeoutError:
            self._failed("no answer in time")
        except (picows.WSError, OSError) as error:
            self._failed(str(error) or type(error).__name__)
        self._connecting = None
        if self._transport is None:
            self._owner.connect_failed()
            self._schedule(max(self._back_off_s(), retry_after_s))

    def _failed(self, reason: str) -> None:
        self._counters.connect_failures += 1
        self._counters.connect_failure = f"cannot connect to {self._url}: {reason}"

    def _back_off_s(self) -> float:
        """OCPP-J 2.0.1 §5.3: a minimum, doubled each time up to a bound, and a new random part each time."""
        doublings = min(self._attempts, self._settings.integer("backoff_repeats"))
        self._attempts += 1
        random_s = self._rng.uniform(0, self._settings.integer("backoff_random_s"))
        return self._settings.integer("backoff_minimum_s") * 2.0**doublings + random_s

    def opened(self, transport: picows.WSTransport) -> None:
        chosen = transport.response.headers.get("Sec-WebSocket-Protocol")
        if chosen not in self._subprotocols:
            self._failed(f"the server does not speak {' or '.join(self._subprotocols)}")
            transport.disconnect()
            return
        if chosen != self.subprotocol:
            self.subprotocol = chosen
            self._owner.negotiated(chosen)
        self._transport = transport
        self._up_since_s = true_clock.monotonic()
        self._counters.connects += 1
        self._owner.link_up()

    def _lost(self, transport: picows.WSTransport) -> None:
        if transport is not self._transport:
            return
        self._transport = None
        if true_clock.monotonic() - self._up_since_s >= STABLE_S:
            self._attempts = 0
        self._owner.link_down()

    def closed(self, transport: picows.WSTransport) -> None:
        if transport is self._transport:
            self._counters.links_lost += 1
            self._lost(transport)
            self._schedule(self._back_off_s())

    def received(self, transport: picows.WSTransport, frame: bytes) -> None:
        if transport is self._transport:
            self._owner.receive(frame)


def _retry_after_s(error: picows.WSHandshakeError) -> float:
    """How long a server that is busy asks us to stay away; 0 if it does not say."""
    if error.response is None or error.response.status != 503:
        return 0.0
    text = error.response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() and len(text) < 6 else 0.0
