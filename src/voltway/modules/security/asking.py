"""Asking other people's OCSP responders and revocation lists: only those that the settings name, and nothing else of theirs.

A station names the address, so a station chooses what we ask: without the list it could have us ask anything that this machine
can reach. The kernel's guard goes there (kernel/outbound.py): no redirects, no proxies, a limit of time and size, and nothing
that is not public unless the settings name its network.
"""

from __future__ import annotations

from collections.abc import Sequence

import httpx
import structlog

from voltway.kernel.outbound import (
    HTTP,
    HTTPS,
    AddressRefused,
    Networks,
    OutboundSettings,
    check_url,
    client_of,
    send,
)
from voltway.kernel.runtime import Runtime
from voltway.modules.security.settings import SecuritySettings

log = structlog.get_logger()

BYTES_MAX = 1024 * 1024
OK = 200


def may_be_asked(url: str, hosts: Sequence[str], networks: Networks = ()) -> bool:
    """Whether a station may have us ask this address: only over HTTP(S), only hosts that were named, no log-in in it."""
    try:
        target = check_url(url, (HTTP, HTTPS), networks)
    except AddressRefused as refused:
        log.info("responder.refused", reason=str(refused))
        return False
    return target.host in hosts or f"{target.host}:{target.port}" in hosts


async def fetch(runtime: Runtime, url: str, question: bytes | None = None) -> bytes | None:
    """What an address answers: to an OCSP question, or a revocation list. None if it may not be asked or says nothing."""
    settings = runtime.settings(SecuritySettings)
    if not may_be_asked(url, settings.ocsp_hosts, runtime.settings(OutboundSettings).networks):
        log.warning("responder.not_asked", url=url[:200])
        return None
    try:
        async with client_of(runtime, settings.ocsp_timeout_s) as client:
            answer = await send(
                client,
                "GET" if question is None else "POST",
                url,
                timeout_s=settings.ocsp_timeout_s + 1,
                bytes_max=BYTES_MAX,
                content=question,
                headers=None if question is None else {"Content-Type": "application/ocsp-request"},
            )
    except (AddressRefused, httpx.HTTPError, TimeoutError) as error:
        log.info("responder.silent", url=url[:200], error=repr(error)[:200])
        return None
    return answer.content if answer.status == OK and answer.is_whole else None
