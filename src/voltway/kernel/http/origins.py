"""Which page asks: a browser says so, and only pages of ours may use what it sends by itself (the session cookie).

Beside the CSRF token, and before it: what a page elsewhere asks for is refused also where nothing is written (server-sent events).
Sources: OWASP CSRF Prevention (verifying origin with standard headers), Fetch Metadata (W3C), RFC 6454.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

from voltway.kernel.auth.callers import SAFE_METHODS, session_cookie
from voltway.kernel.errors import Forbidden
from voltway.kernel.http.settings import HttpSettings
from voltway.kernel.request import host_named, is_loopback, runtime_serving

OURS = frozenset({"same-origin", "none"})
"""Of Sec-Fetch-Site: a page of ours, or the user by hand."""
_PORTS = {"http": ":80", "https": ":443"}


class OriginRefused(Forbidden):
    """The request comes from a page of another site."""

    title = "Request comes from another site"


def check_origin(request: Request) -> None:
    """Raise OriginRefused for what a page elsewhere makes a browser send. Programs send neither header, and show a key."""
    if "authorization" in request.headers:
        return
    if request.method in SAFE_METHODS and session_cookie(request) is None:
        return
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "none")
    if (origin is not None and not _is_ours(origin, request)) or (origin is None and site not in OURS):
        raise OriginRefused("Only pages of this server may ask with the session cookie, or log in.")


def _is_ours(origin: str, request: Request) -> bool:
    """Whether an origin is this server as it is called, or a name that was set (behind a proxy that calls it otherwise)."""
    try:
        parts = urlsplit(origin)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme not in _PORTS or not host:
        return False
    port = _PORTS[parts.scheme]
    asked = request.headers.get("host", "").lower()
    if parts.netloc.lower().removesuffix(port) == asked.removesuffix(port):
        return True
    if host in {name.lower().strip("[]") for name in runtime_serving(request).settings(HttpSettings).hosts}:
        return True
    return is_loopback(host) and is_loopback(
        host_named(request)
    )  # the console as it is developed, on a port of its own
