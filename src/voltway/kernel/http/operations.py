"""Routes for whoever runs the platform: health, metrics, the API's description."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from voltway.kernel import health, metrics
from voltway.kernel.auth import anybody
from voltway.kernel.auth.callers import caller_of, identify
from voltway.kernel.http.dependencies import runtime_of
from voltway.kernel.http.reference import to_page
from voltway.kernel.http.settings import HttpSettings
from voltway.kernel.request import is_from_this_machine
from voltway.kernel.runtime import Runtime


async def local_or_known(request: Request, runtime: Annotated[Runtime, Depends(runtime_of)]) -> None:
    """A dependency: the request comes from this machine, or from a caller we know."""
    if runtime.settings(HttpSettings).is_loopback_trusted and is_from_this_machine(request):
        return
    await identify(request)
    await caller_of(request)


open_router = APIRouter(include_in_schema=False, dependencies=[Depends(anybody)])
local_router = APIRouter(include_in_schema=False, dependencies=[Depends(anybody), Depends(local_or_known)])


@open_router.get("/healthz")
async def show_life() -> dict[str, str]:
    """This process answers."""
    return {"status": "ok"}


@open_router.get("/readyz")
async def show_readiness(runtime: Annotated[Runtime, Depends(runtime_of)]) -> Response:
    """This process can do its work; else 503 with the names of what keeps it from it."""
    failing = await health.failing_checks(runtime)
    content: dict[str, Any] = {"status": "not_ready", "failing": failing} if failing else {"status": "ok"}
    return JSONResponse(content, 503 if failing else 200)


@local_router.get("/metrics")
async def show_metrics(runtime: Annotated[Runtime, Depends(runtime_of)]) -> Response:
    """The figures of this process."""
    return Response(runtime.state(metrics.Metrics).to_text(), media_type=metrics.MEDIA_TYPE)


@local_router.get("/api/v1/openapi.json")
async def show_openapi(request: Request) -> dict[str, Any]:
    """The API's description, OpenAPI 3.1."""
    document: dict[str, Any] = request.app.openapi()
    return document


@local_router.get("/api/docs")
async def show_reference(request: Request) -> HTMLResponse:
    """The API's description as a page."""
    return HTMLResponse(to_page(request.app.openapi()))
