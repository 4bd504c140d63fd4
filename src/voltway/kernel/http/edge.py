"""The outermost layer: correlation id, Host check, size limit, security headers, measurement, and the last resort."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable, Mapping, Sequence

import structlog
from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from voltway.kernel import clock
from voltway.kernel.http.problems import BodyTooLarge, BodyTooSlow, UnknownHost, render
from voltway.kernel.http.settings import HttpSettings
from voltway.kernel.ids import new_id
from voltway.kernel.metrics import Metrics
from voltway.kernel.request import Origin, arrives_on_loopback, client_address, host_named, is_loopback, request_origin
from voltway.kernel.turns import Turns

API = "/api/v1"
_CORRELATION_ID = re.compile(r"[\w.-]{1,64}")

SECURITY_HEADERS: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(self)",
}


def page_policy(scripts: Sequence[str] = (), pictures: Sequence[str] = ()) -> str:
    """What a page may load. Components set style attributes; scripts come from our own files; maps draw in workers made of blobs.

    `scripts`: other origins whose scripts, frames and answers it may use; `pictures`: those whose data and pictures it may fetch.
    """
    code = " ".join(("'self'", *scripts))
    data = " ".join(dict.fromkeys(("'self'", *scripts, *pictures)))
    images = " ".join(dict.fromkeys(("'self'", "data:", "blob:", *pictures)))
    frames = f"frame-src {code}; " if scripts else ""
    return (
        f"default-src 'self'; script-src {code}; style-src 'self' 'unsafe-inline'; "
        f"img-src {images}; font-src 'self' data:; connect-src {data}; "
        f"{frames}worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


TWO_YEARS_S = 63_072_000


class Edge:
    """ASGI middleware around everything that the REST port answers."""

    def __init__(
        self,
        app: ASGIApp,
        settings: HttpSettings,
        metrics: Metrics,
        must_wait: Callable[[], bool] = lambda: False,
        is_streamed: Callable[[Scope], bool] = lambda scope: False,
        page_sources: Sequence[str] = (),
    ) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics
        self._turns = Turns(must_wait)
        self._is_streamed = is_streamed
        self._page_policy = page_policy(settings.foreign_scripts, page_sources)
        self._hosts = frozenset(host.lower().strip("[]") for host in settings.hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = clock.monotonic()
        request = Request(scope)
        correlation_id = _correlation_id(request)
        status: int | None = None

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                _mark(headers, correlation_id, self._page_policy, is_https=scope["scheme"] == "https")
                if status == BodyTooSlow.status:
                    headers["connection"] = (
                        "close"  # nobody waits for the rest; what is too large is read to its end and dropped
                    )
            await send(message)

        origin = request_origin.set(Origin(client_address(request), correlation_id))
        with structlog.contextvars.bound_contextvars(
            correlation_id=correlation_id, method=scope["method"], path=scope["path"]
        ):
            try:
                self._check(request)
                await self._turns.pace(self._app(scope, self._limited(scope, receive), send_marked))
            except Exception as error:
                if status is not None:  # it has begun to answer: all that is left is to break the connection off
                    raise
                response = await render(request, error)
                await response(scope, receive, send_marked)
            finally:
                structlog.contextvars.unbind_contextvars("principal_id")
                request_origin.reset(origin)
                self._metrics.observe_request(scope["method"], _route(scope), status, clock.monotonic() - began)

    def _check(self, request: Request) -> None:
        host = host_named(request)
        if arrives_on_loopback(request) and not is_loopback(host) and host not in self._hosts:
            raise UnknownHost(
                f"The server on this machine is not called {host[:100]!r}. "
                "Call it localhost, or allow the name: VOLTWAY_HTTP__HOSTS='[\"name\"]'."
            )
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._settings.body_bytes_max and not self._is_streamed(request.scope):
            raise self._too_large()

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        received, limit, is_whole = 0, self._settings.body_bytes_max, False
        timeout_s = self._settings.body_timeout_s
        deadline = asyncio.get_running_loop().time() + timeout_s

        async def receive_some() -> Message:
            nonlocal received, limit, is_whole
            if is_whole:  # what comes next is that the caller goes away, which may take as long as a page is open
                return await receive()
            now = asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout_at(now + timeout_s if self._is_streamed(scope) else deadline):
                    message = await receive()
            except TimeoutError:
                raise BodyTooSlow(f"Nothing of the body has come for {timeout_s:g} s, or not all of it.") from None
            is_whole = not message.get("more_body", False)
            received += len(message.get("body", b""))
            if received > limit:
                if not self._is_streamed(scope):
                    raise self._too_large()
                limit = sys.maxsize  # asked once: the route counts by itself
            return message

        return receive_some

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"A body has at most {self._settings.body_bytes_max} bytes.")


def _correlation_id(request: Request) -> str:
    given = request.headers.get("x-correlation-id", "")
    return given if _CORRELATION_ID.fullmatch(given) else new_id()


def _mark(headers: MutableHeaders, correlation_id: str, policy: str, *, is_https: bool) -> None:
    headers["x-correlation-id"] = correlation_id
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    if is_https:
        headers.setdefault("strict-transport-security", f"max-age={TWO_YEARS_S}")
    if headers.get("content-type", "").startswith("text/html"):
        headers.setdefault("content-security-policy", policy)
    headers.setdefault("cache-control", "no-store")


def _route(scope: Scope) -> str:
    """The path with its placeholders, so that metrics have one row for a route and not one for each station."""
    route = scope.get("route")
    if isinstance(route, APIRoute):
        return (API if scope["path"].startswith(API) and not route.path.startswith(API) else "") + route.path
    return "pages" if scope.get("endpoint") is not None else "none"
