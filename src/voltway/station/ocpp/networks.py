"""Where the CSMS is (OCPP 2.x B09, B10): addresses in slots, tried in an order, and the way back to one that has worked.

Slot 1 is the installer's address, from the configuration: it is never overwritten, and always the last resort.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec
import structlog

log = structlog.get_logger()
CONFIGURED = 1
SLOTS = range(2, 10)
TLS_FROM_PROFILE, CERTIFICATE_FROM_PROFILE = 2, 3


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """One way to a CSMS. The time-out is kept as it was told; `MessageTimeout` is what holds."""

    url: str
    security_profile: int
    message_timeout_s: int


class Addresses(msgspec.Struct):
    """By slot, without the configured one; `good` is the slot by which a link stood last."""

    by_slot: dict[int, Address] = {}
    good: int = CONFIGURED


class Networks:
    """The addresses of one station. `tls` makes what a link to an address needs; `has_certificate`: profile 3 is possible."""

    def __init__(
        self,
        station: Any,
        configured: Address,
        tls: Callable[[str], ssl.SSLContext | None],
        has_certificate: Callable[[], bool],
    ) -> None:
        self._station, self._configured, self._tls = station, configured, tls
        self._has_certificate = has_certificate
        self.addresses = Addresses()
        self.active = CONFIGURED
        self._failed = 0

    @property
    def url(self) -> str:
        """The address that is tried or used now."""
        return self._of(self.active).url

    def set(self, slot: int, address: Address) -> str:
        """Keep an address; the word of the answer. It is used when its slot is in the priority and the station boots."""
        place = urlsplit(address.url)
        scheme = "wss" if address.security_profile >= TLS_FROM_PROFILE else "ws"
        is_possible = (
            slot in SLOTS
            and slot != self.active
            and 1 <= address.security_profile <= CERTIFICATE_FROM_PROFILE
            # Nobody talks a station into less than what it has (A05).
            and address.security_profile >= self._of(self.active).security_profile
            and (address.security_profile < CERTIFICATE_FROM_PROFILE or self._has_certificate())
        )
        if not is_possible or place.scheme != scheme or not place.hostname or address.message_timeout_s < 1:
            return "Rejected"
        self.addresses.by_slot[slot] = address
        self._station.keep("networks")
        log.info("station_network.kept", slot=slot, host=place.hostname)
        return "Accepted"

    def is_order(self, text: str) -> bool:
        """Whether a text is a list of slots that are there."""
        slots = text.split(",")
        return all(slot.strip().isdecimal() and self._knows(int(slot)) for slot in slots)

    def restart(self) -> None:
        """The station boots: from the first of the order on."""
        self._failed = 0
        self._use(self._candidates()[0])

    def connected(self) -> None:
        """The link stands."""
        self._failed = 0
        if self.addresses.good != self.active:
            self.addresses.good = self.active
            self._station.keep("networks")

    def failed(self) -> None:
        """An attempt has failed: after so many of them the next address has its turn."""
        self._failed += 1
        if self._failed < self._station.settings.integer("network_attempts"):
            return
        self._failed = 0
        candidates = self._candidates()
        at = candidates.index(self.active) if self.active in candidates else -1
        following = candidates[(at + 1) % len(candidates)]
        if following != self.active:
            log.warning("station_network.given_up", slot=self.active, following=following)
            self._use(following)

    def _candidates(self) -> list[int]:
        """The order, then the one that has worked, then the installer's."""
        order = [int(slot) for slot in self._station.settings.text_of("network_priority").split(",") if slot.strip()]
        slots = dict.fromkeys((*order, self.addresses.good, CONFIGURED))
        return [slot for slot in slots if self._knows(slot)]

    def _knows(self, slot: int) -> bool:
        return slot == CONFIGURED or slot in self.addresses.by_slot

    def _of(self, slot: int) -> Address:
        return self.addresses.by_slot.get(slot, self._configured)

    def _use(self, slot: int) -> None:
        if slot == self.active:
            return
        address, station = self._of(slot), self._station
        self.active = slot
        station.settings.store("network_active", str(slot))
        station.link.use_address(address.url, self._tls(address.url))
