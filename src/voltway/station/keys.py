"""The station's own key and certificate (security profile 3): made here, certified by the CSMS, and changed without a moment with
neither.

The new key waits beside the old one until its certificate has come; key and certificate are one file, so that they change together.
Source: OCPP 2.0.1 A02, A03; 1.6 security whitepaper A02, A03.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from voltway.kernel import clock
from voltway.station.queue.storage import write_atomically

log = structlog.get_logger()
_PEM = serialization.Encoding.PEM


class StationKeys:
    """Keys in a folder. `on_changed` is called with the file of a new pair."""

    def __init__(self, folder: Path, identity: str, organisation: str) -> None:
        self.pair = folder / "identity.pem"
        self._waiting = folder / "identity.next"
        self._names = x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, identity),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            ]
        )
        self.on_changed: Callable[[Path], None] = lambda pair: None

    def make_request(self) -> str:
        """A key of P-256 that nobody else sees, and the request to certify it."""
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        write_atomically(self._waiting, pem)
        request = x509.CertificateSigningRequestBuilder().subject_name(self._names).sign(key, hashes.SHA256())
        return request.public_bytes(_PEM).decode()

    def accept(self, chain: str) -> bool:
        """Take a certificate that is valid now and for the key that waits."""
        try:
            certificates = x509.load_pem_x509_certificates(chain.encode())
            pem = self._waiting.read_bytes()
            key = serialization.load_pem_private_key(pem, None)
        except (ValueError, OSError) as error:
            log.warning("station_certificate.refused", reason=str(error))
            return False
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        ours = key.public_key().public_bytes(_PEM, form)
        own = certificates[0]
        is_valid = own.not_valid_before_utc <= clock.now() <= own.not_valid_after_utc
        if own.public_key().public_bytes(_PEM, form) != ours or not is_valid:
            log.warning("station_certificate.refused", reason="not for the key that waits, or not valid now")
            return False
        write_atomically(self.pair, pem + chain.encode())
        with suppress(OSError):
            self._waiting.unlink()
        self.on_changed(self.pair)
        return True
