"""The REST port's protocol: HTTP/1.1 read strictly (llhttp), with bounds on what comes before a request has a head.

uvicorn bounds neither the length of a head, nor the number of headers, nor the time that they take: whoever sends a head without
an end would fill the memory, and whoever sends none would keep a connection for good. What is sent as a body the edge bounds.
Sources: RFC 9112 (6.3: both Content-Length and Transfer-Encoding is refused), RFC 6585 (431).
"""

from __future__ import annotations

import asyncio
from typing import Any

import httptools
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from voltway.kernel.http.edge import SECURITY_HEADERS

HEAD_BYTES_MAX = 32_768
HEADERS_MAX = 100
HEAD_S = 10.0

_REFUSALS = {
    400: ("Bad Request", "malformed", "Request cannot be read"),
    408: ("Request Timeout", "body-too-slow", "Request took too long"),
    431: ("Request Header Fields Too Large", "malformed", "Request has too many or too long headers"),
}


class HeadTooLarge(Exception):
    """Raised inside the parser, which wraps it."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._is_in_head = True
        self._head_bytes = 0
        self._is_too_large = False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._timer = self.loop.call_later(HEAD_S, self._time_is_up)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._timer is None:
                self._timer = self.loop.call_later(HEAD_S, self._time_is_up)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return  # to a protocol that this port does not speak: the request is answered as it is
        except httptools.HttpParserError:
            self._refuse(431 if self._is_too_large else 400)
            return
        if self._is_in_head and self._head_bytes > HEAD_BYTES_MAX:
            self._refuse(431)

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._bound(len(self.url), 0)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._bound(sum(len(each) + len(said) + 4 for each, said in self.headers), len(self.headers))

    def on_headers_complete(self) -> None:
        self._is_in_head, self._head_bytes = False, 0
        self._stop_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._is_in_head = True
        super().on_message_complete()

    def _bound(self, head_bytes: int, headers: int) -> None:
        if head_bytes > HEAD_BYTES_MAX or headers > HEADERS_MAX:
            self._is_too_large = True
            raise HeadTooLarge

    def _time_is_up(self) -> None:
        self._timer = None
        if not self._is_in_head or self.transport.is_closing():
            return
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            return  # what came after a request that is being answered waits for that
        if self._head_bytes:
            self._refuse(408)
        else:
            self.transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, status: int) -> None:
        """Answer, and end the connection: where the next request would begin is not known."""
        self._stop_timer()
        phrase, kind, title = _REFUSALS[status]
        body = f'{{"type":"/problems/{kind}","title":"{title}","status":{status},"detail":"{title}","instance":"","context":{{}}}}'
        fields = {
            "content-type": "application/problem+json",
            "content-length": str(len(body)),
            "connection": "close",
            "cache-control": "no-store",
            **SECURITY_HEADERS,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.transport.write(f"HTTP/1.1 {status} {phrase}\r\n{head}\r\n{body}".encode())
        self.transport.close()


def http_config(app: ASGIApp, trusted_proxies: tuple[str, ...], shutdown_s: int, **options: Any) -> uvicorn.Config:
    """How the REST port is served. `options`: more of uvicorn's, such as a certificate."""
    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        timeout_graceful_shutdown=shutdown_s,
        **options,
    )
