"""The API's description: FastAPI's, with what the edge adds to every operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from voltway.kernel.auth.callers import Access
from voltway.kernel.http.problems import MEDIA_TYPE

_WRITES = frozenset({"post", "put", "patch", "delete"})
_PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "properties": {
        "type": {"type": "string", "description": "the kind, as a path that explains it"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "a sentence for a human"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
                "required": ["path", "message"],
            },
        },
        "context": {"type": "object", "additionalProperties": True},
        "correlation_id": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail", "instance", "context", "correlation_id"],
}
_SECURITY_SCHEMES = {
    "api_key": {"type": "http", "scheme": "bearer", "description": "`voltway api-key create --role ROLE` prints one."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "voltway_session",
        "description": "Set by the log-in; writes send X-CSRF-Token as well.",
    },
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Sent again with the same key within 24 h, the write happens once and is answered alike.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


def describe(app: FastAPI, declared: Mapping[str, Access | None]) -> Callable[[], dict[str, Any]]:
    """The function that gives an application's description; made once. `declared`: operation -> who is let in."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(title=app.title, version=app.version, routes=app.routes)
            _add(document, declared)
            app.openapi_schema = document
        return app.openapi_schema

    return openapi


def _add(document: dict[str, Any], declared: Mapping[str, Access | None]) -> None:
    components = document.setdefault("components", {})
    components["securitySchemes"] = _SECURITY_SCHEMES
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    refusal = {
        "description": "A problem",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for method, operation in _operations(document):
        operation["responses"].pop("422", None)
        operation["responses"]["default"] = refusal
        access = declared.get(operation["operationId"]) or Access()
        operation["x-access"] = _shown(access)
        is_open = access.is_open
        operation["security"] = [] if is_open else [{"api_key": []}, {"session": []}]
        if method in _WRITES and not is_open:
            operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)


def _shown(access: Access) -> dict[str, Any]:
    """Who is let in, for readers of the description and for the test of every route with every kind of caller."""
    if access.is_open:
        return {"who": "anybody"}
    if access.is_people:
        return {"who": "people"}
    if access.permission is None:
        return {"who": "anybody known"}
    return {"who": "permitted", "permission": access.permission.value, "everywhere": access.everywhere}


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path_item in document.get("paths", {}).values():
        yield from path_item.items()
