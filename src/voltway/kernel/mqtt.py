"""Where an MQTT broker is, and how it is reached: for all modules that have one."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Coroutine
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from voltway.kernel.errors import StartUpError

_PORTS = {"mqtt": 1883, "mqtts": 8883}


class Broker(NamedTuple):
    """Where a broker is."""

    host: str
    port: int
    is_tls: bool

    @classmethod
    def at(cls, text: str, setting: str) -> Broker:
        """What a URL says that stands in this setting. Raises StartUpError."""
        try:
            url = urlsplit(text)
            port = url.port or _PORTS.get(url.scheme, 0)
        except ValueError:
            url, port = urlsplit(""), 0
        if not url.hostname or not port or url.username or url.path.strip("/"):
            raise StartUpError(
                f"{setting} is not the URL of a broker; an example is mqtts://broker.example:8883 "
                "(user and password are settings of their own)."
            )
        return cls(url.hostname, port, url.scheme == "mqtts")

    def tls(self, authorities_file: str) -> ssl.SSLContext | None:
        """Whom to believe; None: the connection is plain. `authorities_file`: PEM, empty: the system's. Raises StartUpError."""
        if not self.is_tls:
            return None
        try:
            return ssl.create_default_context(cafile=authorities_file or None)
        except OSError as error:
            raise StartUpError(
                f"The authorities of the broker in {authorities_file} cannot be read: {error.strerror}."
            ) from error


async def until_one_ends(*work: Coroutine[Any, Any, None]) -> None:
    """Do all of this side by side until one of it ends, as all does with its connection; the rest is given up. Raises what that one
    has raised."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
