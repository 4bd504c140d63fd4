"""What every HTTP request carries: the runtime it is served by, and where it comes from."""

from __future__ import annotations

import ipaddress
import re
from contextvars import ContextVar
from dataclasses import dataclass
from typing import cast

from starlette.requests import HTTPConnection, Request

from voltway.kernel.runtime import Runtime

_FORWARDING_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the request that is being served comes from."""

    address: str
    correlation_id: str


request_origin: ContextVar[Origin | None] = ContextVar("request_origin", default=None)
"""Of the request that this task serves; None: nobody from outside asked for what is being done."""


def runtime_serving(request: Request) -> Runtime:
    """The runtime that serves this request."""
    return cast(Runtime, request.app.state.runtime)


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def arrives_on_loopback(connection: HTTPConnection) -> bool:
    """Whether our end of the connection is a loopback address: nobody beyond this machine can have opened it."""
    server = connection.scope.get("server")
    return server is not None and is_loopback(server[0])


def is_from_this_machine(connection: HTTPConnection) -> bool:
    """Whether both ends are this machine and no proxy handed the request on for somebody else."""
    client = connection.client
    return (
        client is not None
        and is_loopback(client.host)
        and arrives_on_loopback(connection)
        and not any(header in connection.headers for header in _FORWARDING_HEADERS)
    )


def client_address(connection: HTTPConnection) -> str:
    """The address at the other end of the connection; never what a header says."""
    return connection.client.host if connection.client is not None else "unknown"


def host_named(connection: HTTPConnection) -> str:
    """The Host header without its port, in small letters: `[::1]:8080` gives `::1`."""
    return re.sub(r":\d*$", "", connection.headers.get("host", "").lower()).strip("[]")
