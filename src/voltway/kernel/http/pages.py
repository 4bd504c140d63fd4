"""Built web apps: files from a folder; every other path below it is a page of the app's own router."""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_NOT_PAGES = ("/api/", "/problems/", "/healthz", "/readyz", "/metrics")


class Pages(Mount):
    """One web app, mounted; leaves the API's paths alone, so that a wrong one is answered by a problem."""

    def __init__(self, path: str, folder: Path) -> None:
        super().__init__(path.rstrip("/"), app=_Files(directory=folder, html=True), name=f"pages {path}")

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or scope["path"].startswith(_NOT_PAGES):
            return Match.NONE, {}
        return super().matches(scope)


class _Files(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or not _is_page(path, Headers(scope=scope)):
                raise
            path = "index.html"
            response = await super().get_response(path, scope)
        # Vite puts a hash into the names of assets: they never change. Everything else is asked for again.
        response.headers["cache-control"] = (
            "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
        )
        return response


def _is_page(path: str, headers: Headers) -> bool:
    """Whether a path that is no file is one of the app's pages: browsers say that they want a page, not so for its parts."""
    return "text/html" in headers.get("accept", "") or "." not in path.rpartition("/")[2]
