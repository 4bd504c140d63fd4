"""The application: every module's routes under /api/v1, one form of errors, and the pages beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from voltway.kernel.http import access, operations, problems
from voltway.kernel.http.edge import API, Edge
from voltway.kernel.http.openapi import describe
from voltway.kernel.http.pages import Pages
from voltway.kernel.http.route import adopt
from voltway.kernel.http.settings import HttpSettings
from voltway.kernel.http.streaming import StreamedRoutes
from voltway.kernel.metrics import Metrics
from voltway.kernel.runtime import Runtime


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
    app = FastAPI(
        title=title,
        version=version,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
    )
    app.state.runtime = runtime
    metrics = runtime.state(Metrics)
    metrics.watch(runtime)
    problems.handle_problems(app)
    streamed = StreamedRoutes()
    app.add_middleware(
        Edge,
        settings=runtime.settings(HttpSettings),
        metrics=metrics,
        must_wait=lambda: runtime.commits.is_working,  # stations wait for it
        is_streamed=streamed.hold,
    )
    for_devices = [router for manifest in runtime.manifests for router in manifest.device_routes()]
    for router in (operations.open_router, operations.local_router, problems.router, *for_devices):
        app.include_router(adopt(router))
        streamed.note(router, "")
    for router in (access.router, *routers):
        app.include_router(adopt(router), prefix=API)
        streamed.note(router, API)
    for path, folder in sorted((static or {}).items(), reverse=True):  # "/app" before "/"
        if folder.is_dir():
            app.router.routes.append(Pages(path, folder))
    app.openapi = describe(app)  # type: ignore[method-assign]  # FastAPI's documented way to add to the description
    return app


def _operation_id(route: APIRoute) -> str:
    """The function's name: what the generated clients call the operation."""
    return route.name
