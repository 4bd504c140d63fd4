"""Settings of the REST port: VOLTWAY_HTTP__..."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from voltway.kernel.module import Settings


class HttpSettings(Settings):
    """What the edge of the REST port holds to."""

    body_bytes_max: int = Field(1024 * 1024, ge=1024)
    body_timeout_s: float = Field(60.0, gt=0, le=3600)
    """How long a body may take. Of one that is read piece by piece (firmware), how long nothing may come."""
    public_url: str = Field("", max_length=300, pattern=r"^(https?://[^\s/?#@]+(/[^\s?#]*)?)?$")
    """Where people reach this server, such as https://charging.example.org: links in mails begin with it, passkeys are bound to its
    host. Empty: this machine's own address, and the host that a browser names."""
    foreign_scripts: tuple[Annotated[str, Field(pattern=r"^https://[a-z0-9.-]+(:[0-9]+)?$")], ...] = Field(
        (), max_length=8
    )
    """Origins besides this server whose scripts, frames and answers pages may use: those of a payment provider's card field."""
    hosts: tuple[str, ...] = ()
    """Host names besides localhost by which a server on loopback may be called, such as that of a proxy before it."""
    is_loopback_trusted: bool = True
    """Whether metrics and API docs are open on loopback; set to false behind a proxy on the same machine that adds no
    forwarding header."""
