"""Bodies that are too large for memory: a route reads such a one piece by piece, and limits it by itself."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope


async def streams_body() -> None:
    """The dependency that says so: `dependencies=[Depends(streams_body)]`. The edge's `body_bytes_max` does not hold for the
    route, and an Idempotency-Key means nothing: the body is not known before it is read."""


def is_streamed(route: APIRoute) -> bool:
    """Whether a route reads its body by itself."""
    return any(call is streams_body for call in _calls(route.dependant))


class StreamedRoutes:
    """The routes of an application that read their body by themselves."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, APIRoute]] = []

    def note(self, router: APIRouter, prefix: str) -> None:
        """Those of a router that is served under a prefix."""
        for route in router.routes:
            if isinstance(route, APIRoute) and is_streamed(route):
                self._routes.append((prefix, route))

    def hold(self, scope: Scope) -> bool:
        """Whether a request goes to one of them."""
        for prefix, route in self._routes:
            if scope["path"].startswith(prefix):
                # Not the scope itself: by now it may hold what the application has found in it.
                path = scope["path"].removeprefix(prefix)
                match, _ = route.matches({"type": "http", "method": scope["method"], "path": path, "root_path": ""})
                if match is Match.FULL:
                    return True
        return False


def _calls(dependant: Dependant) -> Iterator[object]:
    for below in dependant.dependencies:
        yield below.call
        yield from _calls(below)
