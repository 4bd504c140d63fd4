"""Settings of the REST port: VOLTWAY_HTTP__..."""

from __future__ import annotations

from pydantic import Field

from voltway.kernel.module import Settings


class HttpSettings(Settings):
    """What the edge of the REST port holds to."""

    body_bytes_max: int = Field(1024 * 1024, ge=1024)
    hosts: tuple[str, ...] = ()
    """Host names besides localhost by which a server on loopback may be called, such as that of a proxy before it."""
    is_loopback_trusted: bool = True
    """Whether metrics and API docs are open on loopback; set to false behind a proxy on the same machine that adds no
    forwarding header."""
