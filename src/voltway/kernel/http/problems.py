"""Problems as `application/problem+json`, and the page that explains each kind. Source: RFC 9457."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from functools import cache
from html import escape
from typing import Any

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from voltway.kernel.auth import Principal, anybody
from voltway.kernel.database import is_conflict, is_unavailable
from voltway.kernel.errors import Forbidden, InvalidField, Malformed, NotFound, Problem, Unauthenticated, Unavailable
from voltway.kernel.noticing import Notices
from voltway.kernel.request import runtime_serving

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = {429: 10, 503: 5}


class MethodNotAllowed(Problem):
    """The path is there, but does not take this method; the header Allow says which it takes."""

    status = 405
    title = "Method not allowed"


class BodyTooLarge(Problem):
    """The body is larger than this server takes."""

    status = 413
    title = "Body is too large"


class BodyTooSlow(Problem):
    """The body did not come in time."""

    status = 408
    title = "Request took too long"


class UnknownHost(Problem):
    """The Host header names a host that this server is not. Protects what is open on loopback from pages on the web."""

    status = 421
    title = "This server is not that host"


class InternalError(Problem):
    """A bug in this server. The log has it under the correlation id."""

    status = 500
    title = "Internal error"


_BY_STATUS: dict[int, type[Problem]] = {
    kind.status: kind
    for kind in (
        Malformed,
        Unauthenticated,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        BodyTooLarge,
        InvalidField,
        Unavailable,
    )
}


def to_problem(error: Exception) -> Problem:
    """The problem that stands for whatever was raised."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, HTTPException):
        return _BY_STATUS.get(error.status_code, InternalError)()
    if is_unavailable(error) or is_conflict(error):
        return Unavailable("The database does not answer at the moment.")
    return InternalError("Something went wrong on our side. Name the correlation id when you report it.")


async def render(request: Request, error: Exception) -> Response:
    """The answer to a request that failed; a bug is logged with its trace, a problem as a fact."""
    problem = to_problem(error)
    if problem.status >= 500:
        log.error("request.failed", problem=problem.kind(), exc_info=error)
    else:
        log.info("request.refused", problem=problem.kind(), status=problem.status)
    if problem.status in (403, 404):
        _note(request, problem)
    context = dict(problem.context)
    content: dict[str, Any] = {
        "type": f"/problems/{problem.kind()}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": request.url.path,
    }
    if "errors" in context:
        content["errors"] = context.pop("errors")
    retry_after_s = context.pop("retry_after_s", RETRY_AFTER_S.get(problem.status))
    content["context"] = context
    content["correlation_id"] = structlog.contextvars.get_contextvars().get("correlation_id")
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if problem.status == 401:
        headers["www-authenticate"] = 'Bearer realm="voltway"'
    if retry_after_s is not None:
        headers["retry-after"] = str(retry_after_s)
    return JSONResponse(content, problem.status, headers, media_type=MEDIA_TYPE)


def _note(request: Request, problem: Problem) -> None:
    """Tell that somebody we know asks for what is not theirs, or not there: many such requests are a search."""
    principal: Principal | None = getattr(request.state, "principal", None)
    if principal is not None:
        notices, status = runtime_serving(request).state(Notices), problem.status
        notices.note(
            "access.refused", principal.operator_id, actor_id=principal.id, actor=principal.name, status=status
        )


def handle_problems(app: FastAPI) -> None:
    """Let the application answer with problems, whatever is raised."""
    for kind in (Problem, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, render)


def _invalid(error: RequestValidationError) -> Problem:
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return Malformed(f"The body is not JSON: {found[0].get('ctx', {}).get('error', 'it cannot be read')}.")
    errors = [
        {"path": _path(one["loc"], error.body), "message": one["msg"].removeprefix("Value error, ")} for one in found
    ]
    return InvalidField(f"{errors[0]['path']}: {errors[0]['message']}", errors=errors)


def _path(location: tuple[str | int, ...], body: Any) -> str:
    """`("body", "evses", 0, "power_w")` -> `$.evses[0].power_w`; elsewhere `query.limit`."""
    where, *rest = location
    if rest and isinstance(body, dict) and rest[0] not in body and rest[0] == body.get("type"):
        del rest[0]  # which of several bodies it is, not a step into it
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in rest)
    return ("$" if where == "body" else str(where)) + steps


# ---- the page of each kind

router = APIRouter(tags=["problems"], dependencies=[Depends(anybody)])


@router.get("/problems/{kind}", include_in_schema=False)
async def explain_problem(kind: str, request: Request) -> Response:
    """What a kind of problem means."""
    known = _kinds().get(kind)
    if known is None:
        raise NotFound(f"There is no kind of problem called {kind[:80]!r}.")
    meaning = " ".join(inspect.cleandoc(known.__doc__ or "").split())
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse(
            {"type": f"/problems/{kind}", "title": known.title, "status": known.status, "description": meaning}
        )
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(known.title)}</title>'
        f"<h1>{escape(known.title)}</h1><p>{escape(re.sub(r'`', '', meaning))}</p><p>HTTP status {known.status}</p></html>"
    )


@cache
def _kinds() -> dict[str, type[Problem]]:
    return {kind.kind(): kind for kind in _subclasses(Problem)}


def _subclasses(kind: type[Problem]) -> Iterator[type[Problem]]:
    for below in kind.__subclasses__():
        yield below
        yield from _subclasses(below)
