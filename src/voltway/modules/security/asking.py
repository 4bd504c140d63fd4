"""Asking other people's OCSP responders and revocation lists: only those that the settings name, and nothing else of theirs.

A station names the address, so a station chooses what we ask: without the list it could have us ask anything that this machine
can reach. No redirects, no proxies, a limit of time and size.
"""

from __future__ import annotations

import asyncio
import http.client
import urllib.request
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import structlog

log = structlog.get_logger()

BYTES_MAX = 1024 * 1024


def may_be_asked(url: str, hosts: Sequence[str]) -> bool:
    """Whether a station may have us ask this address: only over HTTP(S), only hosts that were named, no log-in in it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not host or parts.username is not None or parts.password is not None:
        return False
    named = f"{host}:{port}" if port is not None else host
    return host.lower() in hosts or named.lower() in hosts


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects())


async def fetch(url: str, hosts: Sequence[str], timeout_s: float, question: bytes | None = None) -> bytes | None:
    """What an address answers: to an OCSP question, or a revocation list. None if it may not be asked or says nothing."""
    if not may_be_asked(url, hosts):
        log.warning("responder.not_asked", url=url[:200])
        return None
    try:
        async with asyncio.timeout(timeout_s + 1):
            return await asyncio.to_thread(_fetch, url, timeout_s, question)
    except (OSError, ValueError, http.client.HTTPException) as error:  # TimeoutError is an OSError
        log.info("responder.silent", url=url[:200], error=repr(error)[:200])
        return None


def _fetch(url: str, timeout_s: float, question: bytes | None) -> bytes | None:
    headers = {"Content-Type": "application/ocsp-request", "Accept": "*/*"} if question is not None else {}
    request = urllib.request.Request(url, data=question, headers=headers)
    with _OPENER.open(request, timeout=timeout_s) as response:
        content = bytes(response.read(BYTES_MAX + 1))
    return content if len(content) <= BYTES_MAX else None
