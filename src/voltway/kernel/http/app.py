"""The application: every module's routes under /api/v1, one form of errors, and the pages beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from voltway.kernel.auth.callers import Access
from voltway.kernel.http import access, operations, problems
from voltway.kernel.http.edge import API, Edge
from voltway.kernel.http.openapi import describe
from voltway.kernel.http.pages import Pages
from voltway.kernel.http.route import access_of, adopt
from voltway.kernel.http.settings import HttpSettings
from voltway.kernel.http.streaming import StreamedRoutes
from voltway.kernel.metrics import Metrics
from voltway.kernel.runtime import Runtime


class _Table(NamedTuple):
    """Routes as applications serve them. `made_of` keeps the routers, so that their ids stay theirs."""

    made_of: tuple[APIRouter, ...]
    routes: list[BaseRoute]
    streamed: StreamedRoutes
    declared: dict[str, Access | None]


_tables: dict[tuple[int, ...], _Table] = {}
"""By the ids of the routers: what FastAPI finds out of some hundred routes takes half a second, and a process may hold several
applications."""


def create_app(
    runtime: Runtime,
    routers: Sequence[APIRouter],
    *,
    title: str = "Voltway",
    version: str = "0",
    static: Mapping[str, Path] | None = None,
) -> FastAPI:
    """The ASGI application of a runtime. `routers`: the modules' routes, relative to /api/v1.

    `static`: folders of built web apps by the path they are served at, such as {"/": ..., "/app": ...}; a folder that does
    not exist is passed over.
    """
    app = FastAPI(title=title, version=version, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.runtime = runtime
    metrics = runtime.state(Metrics)
    metrics.watch(runtime)
    problems.handle_problems(app)
    for_devices = [router for manifest in runtime.manifests for router in manifest.device_routes()]
    table = _table(for_devices, routers)
    app.add_middleware(
        Edge,
        settings=runtime.settings(HttpSettings),
        metrics=metrics,
        must_wait=lambda: runtime.commits.is_working,  # stations wait for it
        is_streamed=table.streamed.hold,
        page_sources=[
            source
            for manifest in runtime.manifests
            for source in manifest.page_sources(runtime.settings(manifest.settings))
        ],
    )
    app.router.routes.extend(table.routes)
    for path, folder in sorted((static or {}).items(), reverse=True):  # "/app" before "/"
        if folder.is_dir():
            app.router.routes.append(Pages(path, folder))
    app.openapi = describe(app, table.declared)  # type: ignore[method-assign]  # FastAPI's documented way to add to the description
    return app


def _table(for_devices: Sequence[APIRouter], routers: Sequence[APIRouter]) -> _Table:
    """Made once for all applications of the same routers."""
    outside = (operations.open_router, operations.local_router, problems.router, *for_devices)
    inside = (access.router, *routers)
    made_of = (*outside, *inside)
    key = (len(outside), *map(id, made_of))
    if key in _tables:
        return _tables[key]
    table = APIRouter(generate_unique_id_function=_operation_id)
    streamed = StreamedRoutes()
    for router in outside:
        table.include_router(adopt(router))
        streamed.note(router, "")
    declared: dict[str, Access | None] = {}
    for router in inside:
        table.include_router(adopt(router), prefix=API)
        streamed.note(router, API)
        declared |= {route.name: access_of(route) for route in router.routes if isinstance(route, APIRoute)}
    return _tables.setdefault(key, _Table(made_of, table.routes, streamed, declared))


def _operation_id(route: APIRoute) -> str:
    """The function's name: what the generated clients call the operation."""
    return route.name
