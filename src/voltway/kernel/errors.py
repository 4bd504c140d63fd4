"""Problems: what went wrong, in a form that the caller can understand.

A Problem is a class with a `status` and a `title`; raise it where you notice it, nobody catches it but the edge, which
renders it as RFC 9457 `application/problem+json`. Everything else that is raised is a bug and is logged with its trace.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, Self


class Problem(Exception):
    """Base of all problems. `detail` is a sentence for a human; `context` holds fields for a program."""

    status: ClassVar[int]
    title: ClassVar[str]

    def __init__(self, detail: str = "", **context: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.context = context

    @classmethod
    def kind(cls) -> str:
        """The last part of the problem's type URI: SessionNotFound -> session-not-found."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()


class Malformed(Problem):
    """The request cannot be read."""

    status = 400
    title = "Request cannot be read"


class Unauthenticated(Problem):
    """Nobody we know."""

    status = 401
    title = "Log-in or API key needed"


class Forbidden(Problem):
    """Somebody we know, who may not."""

    status = 403
    title = "Not permitted"


class NotFound(Problem):
    """Not there, or not the caller's."""

    status = 404
    title = "Not found"


class InvalidField(Problem):
    """A field holds something it must not. `context["errors"]`: list of {path, message}."""

    status = 422
    title = "A field is wrong"

    @classmethod
    def at(cls, path: str, message: str) -> Self:
        """One field of the body, by its JSON path: `$.evses[0].power_w`; `$`: the body as a whole."""
        detail = message[:1].upper() + message[1:] if path == "$" else f"{path}: {message}"
        return cls(detail, errors=[{"path": path, "message": message}])


class TooMany(Problem):
    """Too many requests."""

    status = 429
    title = "Too many requests"


class Unavailable(Problem):
    """Not now; try later."""

    status = 503
    title = "Not available now"


class StartUpError(Exception):
    """The program cannot start as it was told to. The text is one line that says what to do; exit code 2."""
