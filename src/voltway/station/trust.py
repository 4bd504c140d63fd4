"""Roots that the CSMS has installed (OCPP 2.x M03 to M05, 1.6 security whitepaper): whose servers and whose firmware is believed.

One file each, named after its use and the SHA-256 of the certificate. Only what is used is taken: roots of the CSMS and of the
maker; without ISO 15118 those of the other kinds would be of no use.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from voltway.kernel import clock
from voltway.station.ocpp.ordered import CSMS_ROOT, MAKER_ROOT, RootHash
from voltway.station.queue.storage import sync_folder, write_atomically

log = structlog.get_logger()
KINDS = (CSMS_ROOT, MAKER_ROOT)
ROOTS_MAX = 20
_ALGORITHMS: Mapping[str, Callable[[], hashes.HashAlgorithm]] = {
    "SHA256": hashes.SHA256,
    "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
}


class TrustStore:
    """Roots in a folder. `on_changed` is called when those of the CSMS are others; `needs_root`: without one there is no way back."""

    def __init__(self, folder: Path, needs_root: Callable[[], bool]) -> None:
        self._folder, self._needs_root = folder, needs_root
        self.on_changed: Callable[[], None] = lambda: None

    def install(self, kind: str, text: str) -> str:
        """Keep a root; the word of the answer. M05.FR.06: full is Rejected, .07: so is what is not valid."""
        root = _root(text)
        if kind not in KINDS or root is None or len(self._files()) >= ROOTS_MAX:
            log.warning("station_root.refused", kind=kind, is_root=root is not None)
            return "Rejected"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            name = f"{kind}.{root.fingerprint(hashes.SHA256()).hex()}.pem"
            write_atomically(self._folder / name, root.public_bytes(serialization.Encoding.PEM))
        except OSError as error:
            log.error("station_root.not_kept", reason=str(error))
            return "Failed"
        log.info("station_root.installed", kind=kind, subject=root.subject.rfc4514_string())
        self._changed(kind)
        return "Accepted"

    def delete(self, wanted: RootHash) -> str:
        """Forget a root; the word of the answer. The last one by which the server can be known stays."""
        for kind, file, root in self._roots(KINDS):
            if hash_of(root, wanted.algorithm) != wanted:
                continue
            is_last = kind == CSMS_ROOT and len(self._roots([CSMS_ROOT])) == 1
            if is_last and self._needs_root():
                return "Failed"
            file.unlink()
            sync_folder(self._folder)
            log.info("station_root.deleted", kind=kind, subject=root.subject.rfc4514_string())
            self._changed(kind)
            return "Accepted"
        return "NotFound"

    def find(self, kinds: Sequence[str]) -> list[tuple[str, RootHash]]:
        """The roots of some kinds, each with its hashes."""
        found = ((kind, hash_of(root, "SHA256")) for kind, _, root in self._roots(kinds))
        return [(kind, said) for kind, said in found if said is not None]

    def texts(self, kind: str) -> tuple[str, ...]:
        """The roots of a kind, in PEM."""
        return tuple(file.read_text() for _, file, _ in self._roots([kind]))

    def believe(self, context: ssl.SSLContext) -> None:
        """Have a context believe servers whom a root of the CSMS vouches for."""
        for text in self.texts(CSMS_ROOT):
            context.load_verify_locations(cadata=text)

    def _changed(self, kind: str) -> None:
        if kind == CSMS_ROOT:
            self.on_changed()

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.pem"))

    def _roots(self, kinds: Sequence[str]) -> list[tuple[str, Path, x509.Certificate]]:
        found = []
        for file in self._files():
            kind = file.name.partition(".")[0]
            if kind in kinds:
                found.append((kind, file, x509.load_pem_x509_certificate(file.read_bytes())))
        return found


def _root(text: str) -> x509.Certificate | None:
    """A certificate that is valid now, may certify others and has certified itself; else None."""
    try:
        (found,) = x509.load_pem_x509_certificates(text.encode())
        found.verify_directly_issued_by(found)
        may_certify = found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound, UnsupportedAlgorithm) as error:
        log.warning("station_root.unreadable", reason=str(error))
        return None
    is_valid = found.not_valid_before_utc <= clock.now() <= found.not_valid_after_utc
    return found if may_certify and is_valid else None


def hash_of(root: x509.Certificate, algorithm: str) -> RootHash | None:
    """How OCPP names a root: hashes of its issuer, and its number in hex without zeros before it. None for another algorithm."""
    digest = _ALGORITHMS.get(algorithm)
    if digest is None:
        return None
    asked = ocsp.OCSPRequestBuilder().add_certificate(root, root, digest()).build()
    return RootHash(algorithm, asked.issuer_name_hash.hex(), asked.issuer_key_hash.hex(), f"{root.serial_number:x}")
