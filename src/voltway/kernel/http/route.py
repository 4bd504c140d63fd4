"""What happens around every route: who asks, a body that can be stored, and the Idempotency-Key."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from voltway.kernel.auth import Principal, acting, anybody
from voltway.kernel.auth.callers import SAFE_METHODS, Access, access_declared, identify
from voltway.kernel.errors import Malformed, Problem, Unauthenticated
from voltway.kernel.http import idempotency
from voltway.kernel.http.dependencies import open_tx, read_tx
from voltway.kernel.http.origins import check_origin
from voltway.kernel.http.problems import to_problem
from voltway.kernel.http.streaming import is_streamed

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

# Escapes of NUL, which PostgreSQL cannot store, and of surrogates, of which a half is no text.
_SUSPICIOUS = re.compile(rb"\\u(0000|[dD][89a-fA-F])")


class Route(APIRoute):
    """A route that knows its caller before it reads the body, and answers a repeated write as it did the first time."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()
        depends_on = list(_calls(self.dependant))
        asks_nobody = is_open(self)
        has_tx = any(call is open_tx for call, _ in depends_on)
        reads_itself = is_streamed(self)
        for call, scope in depends_on:
            if call in (open_tx, read_tx) and scope != "function":
                raise TypeError(
                    f'{self.path}: Depends({call.__name__}, scope="function"), to end before the answer leaves'
                )

        async def handle(request: Request) -> Response:
            check_origin(request)
            principal = await identify(request) if not asks_nobody else None
            if principal is None and not asks_nobody:
                raise Unauthenticated("Log in, or send `Authorization: Bearer KEY`.")
            token = acting.set(principal)
            try:
                return await answer(request, principal)
            finally:
                acting.reset(token)

        async def answer(request: Request, principal: Principal | None) -> Response:
            if "%00" in request.url.query or "\0" in request.url.path:
                raise Malformed("The address holds a NUL character, which no text here can.")
            if request.method in SAFE_METHODS or reads_itself:
                return await handler(request)
            body = await request.body()
            if _SUSPICIOUS.search(body):
                _check_text(body)
            if principal is not None:
                request.state.claim = idempotency.Claim.of(request, body, principal)
            return await _once(handler, request, has_tx)

        return handle


def is_open(route: APIRoute) -> bool:
    """Whether a route is for everybody."""
    return any(call is anybody for call, _ in _calls(route.dependant))


def adopt(router: APIRouter) -> APIRouter:
    """Make a module's routes ours. FastAPI's hook for this is the route's class; set here, no module can forget it."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            route.__class__ = Route
            if is_open(route):
                route.openapi_extra = {**(route.openapi_extra or {}), "security": []}
    return router


def access_of(route: APIRoute) -> Access | None:
    """Who a route lets in, by its own declaration; None: it has none."""
    return access_declared(call for call, _ in _calls(route.dependant))


async def _once(handler: Handler, request: Request, has_tx: bool) -> Response:
    """Answer a write, or give the answer that it got before."""
    if idempotency.claim_of(request) is None:
        return await handler(request)
    try:
        if not has_tx:
            await idempotency.claim_first(request)
        response = await handler(request)
    except idempotency.AnswerKept as kept:
        return kept.response
    except (Problem, RequestValidationError, HTTPException) as refusal:
        if not has_tx and to_problem(refusal).status in {*range(400, 500), 503}:
            await idempotency.release(request)
        raise
    await idempotency.keep(request, response)
    return response


def _calls(dependant: Dependant) -> Iterator[tuple[Any, str | None]]:
    for below in dependant.dependencies:
        yield below.call, below.scope
        yield from _calls(below)


def _check_text(body: bytes) -> None:
    """Raise Malformed if a JSON text holds NUL or half a surrogate pair, in whatever depth."""
    try:
        plain = json.dumps(json.loads(body), ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Malformed("The body is not JSON, or holds half a character (a lone surrogate).") from error
    if re.search(rb"(?<!\\)(\\\\)*\\u0000", plain):
        raise Malformed("The body holds the character NUL, which no database stores.")
