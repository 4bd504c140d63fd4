"""Orders of the CSMS that take a while, and whoever carries them out for a station."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LogOrder:
    """Send a log to an address."""

    location: str
    retries: int = 0
    retry_every_s: int = 0


@dataclass(frozen=True, slots=True)
class FirmwareOrder:
    """Fetch firmware from an address and install it; signed where there is a signature (base64) with its certificate (PEM)."""

    location: str
    not_before: datetime | None = None
    certificate: str | None = None
    signature: str | None = None
    retries: int = 0
    retry_every_s: int = 0


class Jobs(Protocol):
    """Carries them out; `tell` is called with each word of progress that OCPP has."""

    def send_log(self, order: LogOrder, tell: Callable[[str], None]) -> tuple[str, str]:
        """The word of the answer, and the file's name."""

    def update(self, order: FirmwareOrder, tell: Callable[[str], None]) -> str:
        """The word of the answer."""


class Keys(Protocol):
    """The station's own key and certificate."""

    def make_request(self) -> str:
        """A new key; a request (PEM) to have it certified."""

    def accept(self, chain: str) -> bool:
        """A certificate with its chain (PEM): whether it is for the new key and is used from now on."""


CSMS_ROOT, MAKER_ROOT = "CSMSRootCertificate", "ManufacturerRootCertificate"
"""Kinds of roots, in the words of OCPP 2.x."""


@dataclass(frozen=True, slots=True)
class RootHash:
    """How OCPP names a certificate: hashes in hex of its issuer's name and key, and its serial number."""

    algorithm: str
    issuer_name: str
    issuer_key: str
    serial_number: str

    @property
    def words(self) -> tuple[str, str, str, str]:
        """In the order in which messages have them."""
        return self.algorithm, self.issuer_name, self.issuer_key, self.serial_number


class Trust(Protocol):
    """Roots that the CSMS has installed. The words are those of the answers."""

    def install(self, kind: str, text: str) -> str:
        """Keep a root (PEM)."""

    def delete(self, wanted: RootHash) -> str:
        """Forget a root."""

    def find(self, kinds: Sequence[str]) -> list[tuple[str, RootHash]]:
        """The roots of some kinds."""
