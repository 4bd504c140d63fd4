"""What a connection itself says of a station: TLS or not, and the certificate that it has shown. Pure: no I/O.

Who gets this far with a certificate holds its key, and it chains to an authority that we trust: TLS has checked that.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any, NamedTuple

from voltway.contracts.station_link import StationCredential


class PeerCertificate(NamedTuple):
    """The subject of a client certificate, and its number (hexadecimal, without leading zeros)."""

    common_name: str
    organizations: tuple[str, ...]
    serial_number: str


class Peer(NamedTuple):
    """The other side of a connection."""

    is_tls: bool = False
    certificate: PeerCertificate | None = None
    is_vouched: bool = False
    """A broker has checked a password that is derived from the station's record (mqtt_access.py)."""


PLAIN = Peer()


def read_certificate(decoded: Mapping[str, Any] | None) -> PeerCertificate | None:
    """A certificate as the ssl module decodes it; None for one that names nobody, or several."""
    if not decoded:
        return None
    subject = [pair for part in decoded.get("subject", ()) for pair in part]
    names = [value for name, value in subject if name == "commonName"]
    if len(names) != 1:
        return None
    organizations = tuple(value for name, value in subject if name == "organizationName")
    return PeerCertificate(names[0], organizations, plain_serial(decoded.get("serialNumber", "")))


def plain_serial(serial_number: str) -> str:
    """A serial number as all places here write it."""
    return serial_number.lower().lstrip("0")


class Trust(NamedTuple):
    """What a certificate is held against."""

    revoked_serials: Set[str] = frozenset()
    organizations: Mapping[str, str] = {}
    """Operator's slug -> the organization in the certificates of its stations; where it is not named: its slug."""

    def certifies(self, certificate: PeerCertificate | None, credential: StationCredential) -> bool:
        """Whether a certificate is this station's.

        2.0.1 part 2, A00.FR.404, .405: the operator is its organization; the common name is the station's identity, which
        unlike a serial number nobody but the operator gives out.
        """
        if certificate is None or certificate.serial_number in self.revoked_serials:
            return False
        organization = self.organizations.get(credential.operator_slug, credential.operator_slug)
        is_named = certificate.common_name.casefold() == credential.identity.casefold()
        return is_named and certificate.organizations == (organization,)
