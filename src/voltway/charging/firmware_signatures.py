"""A maker's signature on firmware, checked before it is handed to any station. Pure.

Source: OCPP 2.0.1 part 2, L01.FR.11, .12 (RSA-PSS or ECDSA, SHA-256), A00.FR.503.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

_SHA256 = hashes.SHA256()
_PADDINGS = (
    padding.PSS(padding.MGF1(_SHA256), padding.PSS.AUTO),
    padding.PKCS1v15(),  # makers sign with it, though L01 wants PSS: the station decides what it takes
)


def read_certificate(pem: str) -> x509.Certificate | None:
    """The first certificate of a text; None where it cannot be read."""
    try:
        return x509.load_pem_x509_certificates(pem.encode())[0]
    except (ValueError, IndexError):
        return None


def flaw(sha256: bytes, signature: str, signing_certificate: str, makers: Sequence[str], at: datetime) -> str | None:
    """What is wrong with a signature (base64) on content with this hash, or None. `makers` are the certificates (PEM) that the
    operator has stored of the maker: the one that signed must be one of them, or be issued by one of them."""
    signing = read_certificate(signing_certificate)
    if signing is None:
        return "the signing_certificate cannot be read"
    if not signing.not_valid_before_utc <= at <= signing.not_valid_after_utc:
        return "the signing_certificate is not valid now"
    known = [certificate for pem in makers if (certificate := read_certificate(pem)) is not None]
    if not any(signing == one or _is_issued_by(signing, one) for one in known):
        return "the signing_certificate is not the maker's"
    try:
        raw = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return "the signature is not base64"
    return None if _is_signed(signing, raw, sha256) else "the signature does not match the content"


def _is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _is_signed(certificate: x509.Certificate, signature: bytes, sha256: bytes) -> bool:
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _holds(partial(key.verify, signature, sha256, ec.ECDSA(Prehashed(_SHA256))))
    if isinstance(key, rsa.RSAPublicKey):
        return any(_holds(partial(key.verify, signature, sha256, pad, Prehashed(_SHA256))) for pad in _PADDINGS)
    return False


def _holds(check: Callable[[], None]) -> bool:
    try:
        check()
    except InvalidSignature:
        return False
    return True


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate, in hexadecimal."""
    return certificate.fingerprint(_SHA256).hex()


def plain(certificate: x509.Certificate) -> str:
    """A certificate as PEM, and nothing beside it."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
