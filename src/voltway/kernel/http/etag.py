"""ETag and If-Match: an update must know the version that it changes."""

from __future__ import annotations

from fastapi import Request, Response

from voltway.kernel.errors import Problem


class VersionChanged(Problem):
    """The object was changed since the caller read it. Read it again, then decide."""

    status = 412
    title = "The object was changed meanwhile"


def etag_of(version: int | str, response: Response | None = None) -> str:
    """The ETag of a version; given the response, sets its header."""
    etag = f'"{version}"'
    if response is not None:
        response.headers["etag"] = etag
    return etag


def require_match(request: Request, version: int | str) -> None:
    """Raise VersionChanged if the request names (If-Match) another version than this one. Without the header it passes."""
    wanted = request.headers.get("if-match")
    if wanted is None or wanted.strip() == "*":
        return
    tags = {tag.strip().removeprefix("W/") for tag in wanted.split(",")}
    if etag_of(version) not in tags:
        raise VersionChanged(f"This is version {etag_of(version)}, not {wanted[:100]}.")
