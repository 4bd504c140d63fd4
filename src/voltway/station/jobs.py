"""Long jobs that the CSMS orders: logs that are sent to it, firmware that is fetched, checked and installed.

One of each kind at a time: a newer one takes the place of the older. Every step is told in the words of OCPP.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from voltway.charging import firmware_signatures
from voltway.kernel import clock
from voltway.station.ocpp.ordered import FirmwareOrder, LogOrder

log = structlog.get_logger()

TRANSFER_WITHIN_S = 60.0
CHUNK = 64 * 1024
IMAGE_BYTES_MAX = 512 * 1024 * 1024
RETRY_S = 30

Tell = Callable[[str], None]


class TransferFailed(Exception):
    """The other side did not take or give a file."""


class StationJobs:
    """Works for one station. `write_log` makes what is sent, `makers` are the certificates that firmware must be signed by,
    `install` puts an image in place once `is_idle`."""

    def __init__(
        self,
        folder: Path,
        write_log: Callable[[], bytes],
        makers: tuple[str, ...],
        install: Callable[[Path], Awaitable[bool]] | None,
        is_idle: Callable[[], bool],
        tls: ssl.SSLContext | None = None,
        installed: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        """`installed`: the makers' certificates that the CSMS has added."""
        self._folder, self._write_log, self._configured, self._installed = folder, write_log, makers, installed
        self._install, self._is_idle, self._tls = install, is_idle, tls
        self._running: dict[str, asyncio.Task[None]] = {}

    @property
    def _makers(self) -> tuple[str, ...]:
        return (*self._configured, *self._installed())

    def stop(self) -> None:
        """End all that runs."""
        for task in self._running.values():
            task.cancel()

    # --- Logs.

    def send_log(self, order: LogOrder, tell: Tell) -> tuple[str, str]:
        """Start; the word of the answer, and the file's name. Only http and https are spoken."""
        name = f"log-{clock.now():%Y%m%dT%H%M%SZ}.json"
        if urlsplit(order.location).scheme not in {"http", "https"}:
            return "Rejected", ""
        return self._begin("log", self._send_log(order, name, tell)), name

    async def _send_log(self, order: LogOrder, name: str, tell: Tell) -> None:
        tell("Uploading")
        for attempt in range(order.retries + 1):
            try:
                await asyncio.to_thread(_put, order.location, self._write_log(), self._tls)
            except TransferFailed as error:
                log.warning("station_log.not_sent", name=name, reason=str(error))
                if attempt < order.retries:
                    await asyncio.sleep(order.retry_every_s or RETRY_S)
            else:
                tell("Uploaded")
                return
        tell("UploadFailure")

    # --- Firmware.

    def update(self, order: FirmwareOrder, tell: Tell) -> str:
        """Start; the word of the answer."""
        if self._install is None or urlsplit(order.location).scheme not in {"http", "https"}:
            return "Rejected"
        if order.signature is None:
            if self._makers:
                return "Rejected"  # whoever has a maker's certificate wants to see its signature
        elif self._certificate_flaw(order) is not None:
            return "InvalidCertificate"
        return self._begin("firmware", self._update(order, tell))

    def _certificate_flaw(self, order: FirmwareOrder) -> str | None:
        """What is wrong with whoever signed; whether it is this image that was signed turns out when it is here."""
        flaw = firmware_signatures.flaw(bytes(32), "", order.certificate or "", self._makers, clock.now())
        return None if flaw == "the signature does not match the content" else flaw

    async def _update(self, order: FirmwareOrder, tell: Tell) -> None:
        wait_s = (order.not_before - clock.now()).total_seconds() if order.not_before else 0.0
        if wait_s > 0:
            tell("DownloadScheduled")
            await asyncio.sleep(wait_s)
        tell("Downloading")
        image = self._folder / "firmware.part"
        sha256 = await self._fetch(order, image)
        if sha256 is None:
            tell("DownloadFailed")
            return
        tell("Downloaded")
        if order.signature is not None:
            flaw = firmware_signatures.flaw(sha256, order.signature, order.certificate or "", self._makers, clock.now())
            if flaw is not None:
                log.error("station_firmware.refused", reason=flaw)
                image.unlink(missing_ok=True)
                tell("InvalidSignature")
                return
            tell("SignatureVerified")
        if not self._is_idle():
            tell("InstallScheduled")
            while not self._is_idle():  # noqa: ASYNC110 - nobody tells when the last charge has ended
                await asyncio.sleep(1.0)
        tell("Installing")
        assert self._install is not None
        tell("Installed" if await self._install(image) else "InstallationFailed")

    async def _fetch(self, order: FirmwareOrder, image: Path) -> bytes | None:
        for attempt in range(order.retries + 1):
            try:
                return await asyncio.to_thread(_get, order.location, image, self._tls)
            except TransferFailed as error:
                log.warning("station_firmware.not_fetched", reason=str(error))
                if attempt < order.retries:
                    await asyncio.sleep(order.retry_every_s or RETRY_S)
        return None

    def _begin(self, kind: str, work: Awaitable[None]) -> str:
        before = self._running.get(kind)
        is_busy = before is not None and not before.done()
        if before is not None:
            before.cancel()
        self._running[kind] = asyncio.ensure_future(work)
        return "AcceptedCanceled" if is_busy else "Accepted"


def _put(location: str, content: bytes, tls: ssl.SSLContext | None) -> None:
    request = urllib.request.Request(location, content, {"Content-Type": "application/json"}, method="PUT")
    try:
        with urllib.request.urlopen(request, timeout=TRANSFER_WITHIN_S, context=tls):
            return
    except (OSError, ValueError) as error:
        raise TransferFailed(str(error)) from error


def _get(location: str, image: Path, tls: ssl.SSLContext | None) -> bytes:
    """Fetch into a file; its SHA-256."""
    sha256, size = hashlib.sha256(), 0
    try:
        with (
            urllib.request.urlopen(location, timeout=TRANSFER_WITHIN_S, context=tls) as answer,
            image.open("wb") as file,
        ):
            while chunk := answer.read(CHUNK):
                size += len(chunk)
                if size > IMAGE_BYTES_MAX:
                    raise TransferFailed("the image is too large")
                sha256.update(chunk)
                file.write(chunk)
    except (OSError, ValueError) as error:
        raise TransferFailed(str(error)) from error
    return sha256.digest()
