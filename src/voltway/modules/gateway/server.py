"""The station port: a TCP connection becomes a link, or is refused.

picows decides a handshake synchronously, but a verdict may need the database. So the request is read here (Doorway), and
only when the station is welcome does its connection get a frame parser (picows' protocol object), which is given a request of
our own making to answer, and the bytes that came after the real one. Nothing hostile reaches it before it is let in.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine
from typing import Any, cast

import aiofastnet
import structlog
from picows import WSAutoPingStrategy, WSListener, WSUpgradeResponse, WSUpgradeResponseWithListener
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # what picows.ws_create_server builds; not in its stub

from voltway.kernel.errors import StartUpError
from voltway.modules.gateway.admission import NO_SUBPROTOCOL, Approach, Welcome
from voltway.modules.gateway.doorkeeper import STILL_HERE, Decision, Doorkeeper, StillHere, come_later
from voltway.modules.gateway.handshake import (
    HEAD_BYTES_MAX,
    HEAD_TOO_LARGE,
    HandshakeRefused,
    Refusal,
    UpgradeRequest,
    bad_request,
    read_request,
    write_upgrade,
)
from voltway.modules.gateway.link import Link
from voltway.modules.gateway.metrics import Counts
from voltway.modules.gateway.peer import PLAIN, Peer, read_certificate
from voltway.modules.gateway.proxies import Origin, TrustedProxies, Unbelievable
from voltway.modules.gateway.settings import GatewaySettings
from voltway.modules.gateway.transports.deflate import negotiate
from voltway.modules.gateway.transports.proxied import ProxiedServer
from voltway.modules.gateway.transports.websocket import Farewell, MessageBudget, WebSocket

log = structlog.get_logger()

READ_BUFFER_BYTES = 2048
CERTIFICATE = "certificate_serial"
"""Where a link's memory has the number of the certificate that it was opened with."""
NOWHERE = Origin("")

# Every fault of a peer would be an error with a trace in picows' log. An adapter, because picows makes a logger for each
# connection otherwise.
_silence = logging.getLogger("voltway.picows")
_silence.addHandler(logging.NullHandler())
_silence.propagate = False
_silence.setLevel(logging.CRITICAL + 1)
_silent_log = logging.LoggerAdapter(_silence, {})

MakeLink = Callable[[Welcome, str], Link]


class StationPort:
    """Listens, and decides with the `Doorkeeper` who gets a link."""

    def __init__(self, settings: GatewaySettings, doorkeeper: Doorkeeper, counts: Counts, make_link: MakeLink) -> None:
        self.settings = settings
        self.doorkeeper = doorkeeper
        self.counts = counts
        self.make_link = make_link
        self.proxies = TrustedProxies(settings.trusted_proxies)
        self.budget = MessageBudget(settings.buffered_bytes_max)
        self.doorways = 0
        """Connections that have not finished their handshake, but for those that are still at that of TLS, or of a proxy."""
        self._greeting: list[ProxiedServer] = []
        self._server: asyncio.Server | ProxiedServer | None = None
        self._tls_server: asyncio.Server | ProxiedServer | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port that was bound."""
        sockets = self._server.sockets if self._server is not None else ()
        return int(sockets[0].getsockname()[1]) if sockets else 0

    @property
    def tls_port(self) -> int:
        """The port for TLS that was bound; 0 if there is none."""
        sockets = self._tls_server.sockets if self._tls_server is not None else ()
        return int(sockets[0].getsockname()[1]) if sockets else 0

    async def start(self, tls: ssl.SSLContext | None = None) -> None:
        """Begin to listen, also for TLS if a context is given. Raises StartUpError where an address cannot be had."""
        self._server = await self._listen(self.settings.host, self.settings.port, "--ocpp")
        log.info("station_port.opened", host=self.settings.host, port=self.port)
        if tls is not None:
            self._tls_server = await self._listen(self.settings.tls.host, self.settings.tls.port or 0, "--ocpps", tls)
            log.info("station_port.opened", host=self.settings.tls.host, port=self.tls_port, is_tls=True)

    async def _listen(
        self, host: str, port: int, flag: str, tls: ssl.SSLContext | None = None
    ) -> asyncio.Server | ProxiedServer:
        limits: dict[str, Any] = {
            "ssl": tls,
            "ssl_handshake_timeout": self.settings.handshake_timeout_s if tls is not None else None,
            "ssl_shutdown_timeout": self.settings.close_timeout_s if tls is not None else None,
        }
        loop = asyncio.get_running_loop()

        async def take(connection: socket.socket, origin: Origin) -> None:
            await aiofastnet.connect_accepted_socket(loop, lambda: Doorway(self, origin), connection, **limits)

        try:
            if not self.proxies and tls is None:
                reuse = self.settings.reuse_port or None
                return await aiofastnet.create_server(
                    loop, lambda: Doorway(self), host, port, backlog=1024, reuse_port=reuse, **limits
                )
            greeting = ProxiedServer(self.proxies, take, self.settings.handshake_timeout_s, self._is_full)
            self._greeting.append(greeting)
            await greeting.listen(host, port, reuse_port=self.settings.reuse_port)
            return greeting
        except OSError as error:
            raise StartUpError(
                f"The station port {host}:{port} cannot be opened ({error.strerror or error}): another program may have it. "
                f"Choose another with {flag} HOST:PORT."
            ) from error

    async def stop(self) -> None:
        """Listen no more."""
        for server in (self._server, self._tls_server):
            if server is not None:
                server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the listening."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _is_full(self) -> bool:
        """Whether as many connections as may are at their handshake, TLS and proxies included."""
        return self.doorways + sum(server.waiting for server in self._greeting) >= self.settings.handshakes_max

    def is_too_much(self) -> Refusal | None:
        """Whether one more connection would be too much now."""
        waiting = self.doorways + sum(server.waiting for server in self._greeting)
        if waiting > self.settings.handshakes_max or self.doorkeeper.is_too_much():
            return come_later()
        return None


class Doorway(asyncio.Protocol):
    """One connection until it is upgraded or refused."""

    __slots__ = ("_buffer", "_has_head", "_is_counted", "_origin", "_port", "_timer", "_transport")

    def __init__(self, port: StationPort, origin: Origin | None = None) -> None:
        self._port = port
        self._origin = origin
        self._buffer = b""
        self._has_head = False
        self._is_counted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has connected."""
        self._transport = cast(asyncio.Transport, transport)
        if self._origin is None:
            peer = transport.get_extra_info("peername")
            self._origin = Origin(str(peer[0])[:64] if peer else "")
        self._port.doorways += 1
        self._is_counted = True
        timeout_s = self._port.settings.handshake_timeout_s
        self._timer = asyncio.get_running_loop().call_later(timeout_s, self._transport.abort)

    def connection_lost(self, error: Exception | None) -> None:
        """Gone before it was let in, or refused."""
        self._leave()

    def _leave(self) -> None:
        self._timer.cancel()
        if self._is_counted:
            self._is_counted = False
            self._port.doorways -= 1

    def data_received(self, data: bytes) -> None:
        """Some more of the request."""
        self._buffer += data
        if self._has_head:
            return  # the verdict is under way; what came already is kept
        end = self._buffer.find(b"\r\n\r\n")
        if end > HEAD_BYTES_MAX or (end < 0 and len(self._buffer) > HEAD_BYTES_MAX):
            self._refuse(HEAD_TOO_LARGE)
        elif end >= 0:
            self._has_head = True
            head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
            self._decide(head)

    def _decide(self, head: bytes) -> None:
        port = self._port
        refusal = port.is_too_much()
        if refusal is not None:
            self._refuse(refusal)
            return
        try:
            request = read_request(head)
            self._origin = port.proxies.find_origin(self._origin or NOWHERE, request.claims)
        except Unbelievable as error:
            log.warning("proxy.not_understood", address=self._address(), reason=str(error))
            self._refuse(bad_request("Whom this is from cannot be read").refusal)
            return
        except HandshakeRefused as refused:
            self._refuse(refused.refusal)
            return
        if port.doorkeeper.is_too_much_from(self._address()):
            self._refuse(come_later())
            return
        approach = Approach(request.target, request.credentials, request.subprotocols, self._peer())
        verdict = port.doorkeeper.judge(approach)
        if verdict is None:
            self._transport.pause_reading()
            port.spawn(self._decide_later(request, approach))
        else:
            self._follow(request, verdict)

    async def _decide_later(self, request: UpgradeRequest, approach: Approach) -> None:
        verdict = await self._port.doorkeeper.judge_again(approach, self._address())
        if not self._transport.is_closing():
            self._transport.resume_reading()  # first: a connection over TLS that is closed while paused hears no answer to it
            self._follow(request, verdict)

    def _follow(self, request: UpgradeRequest, verdict: Decision) -> None:
        """Do as the verdict says."""
        if isinstance(verdict, Refusal):
            self._refuse(verdict)
        elif isinstance(verdict, StillHere):
            self._upgrade(request, self._farewell(STILL_HERE), {"Sec-WebSocket-Protocol": verdict.protocol})
        elif verdict.credential is None or verdict.protocol is None:
            self._upgrade(request, self._farewell(NO_SUBPROTOCOL), {})
        elif self._port.doorkeeper.comes_too_often(verdict):
            self._refuse(come_later())
        else:
            self._let_in(request, verdict, verdict.protocol)

    def _let_in(self, request: UpgradeRequest, welcome: Welcome, protocol: str) -> None:
        port = self._port
        deflate = negotiate(request.extensions)
        headers = {"Sec-WebSocket-Protocol": protocol}
        if deflate is not None:
            headers["Sec-WebSocket-Extensions"] = deflate.response
        link = port.make_link(welcome, self._address())
        certificate = self._peer().certificate
        if certificate is not None:
            link.memory.scratch[CERTIFICATE] = certificate.serial_number
        link.transport = WebSocket(link, port.settings, port.budget, deflate)
        self._upgrade(request, link.transport, headers)

    def _refuse(self, refusal: Refusal) -> None:
        self._has_head = True
        self._port.counts.refused[refusal.status.value] += 1
        self._transport.write(refusal.to_bytes())
        self._transport.close()

    def _upgrade(self, request: UpgradeRequest, listener: WSListener, headers: dict[str, str]) -> None:
        """Hand the connection over to a frame parser."""
        self._leave()
        response = WSUpgradeResponse.create_101_response(headers)
        protocol = WSProtocol(
            None,  # host and port, path: for clients
            None,
            False,  # is_client_side
            lambda request: WSUpgradeResponseWithListener(response, listener),
            _silent_log,
            True,  # disconnect_on_exception
            None,  # handshake time-out: the whole request is here
            False,  # pings, and their two time-outs: the registry sends them
            20.0,
            20.0,
            WSAutoPingStrategy.PING_WHEN_IDLE,
            False,  # pongs: transports/websocket.py sends them
            self._port.settings.message_bytes_max,
            None,  # extra headers: for clients
            READ_BUFFER_BYTES,
        )
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        received = memoryview(write_upgrade(request.key) + self._buffer)
        self._buffer = b""
        while received:
            space = protocol.get_buffer(-1)
            count = min(len(space), len(received))
            space[:count] = received[:count]
            protocol.buffer_updated(count)
            received = received[count:]

    def _farewell(self, why: tuple[int, str]) -> Farewell:
        return Farewell(*why, self._port.settings.close_timeout_s)

    def _peer(self) -> Peer:
        """What the connection itself says, plain or TLS with the certificate that was shown; or the proxy that has ended TLS."""
        tls = self._transport.get_extra_info("ssl_object")
        if tls is not None:
            return Peer(True, read_certificate(self._transport.get_extra_info("peercert")))
        return Peer(True) if self._origin is not None and self._origin.is_tls else PLAIN

    def _address(self) -> str:
        return (self._origin or NOWHERE).address
