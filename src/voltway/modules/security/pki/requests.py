"""Certificate signing requests of stations, read and checked."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from voltway.modules.security import rules
from voltway.modules.security.errors import SigningRequestRefused


class SigningRequest(NamedTuple):
    """What a station wants certified."""

    public_key: Any
    common_name: str | None


def read_request(text: str) -> SigningRequest:
    """A request in PEM. Raises SigningRequestRefused for one that cannot be read, is not signed with its own key, or has a
    key that is too weak."""
    try:
        request = x509.load_pem_x509_csr(_tidied(text).encode())
        is_whole = request.is_signature_valid
        public_key = request.public_key()
        names = request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SigningRequestRefused("it is no certificate signing request in PEM") from error
    if not is_whole:
        raise SigningRequestRefused("it is not signed with its own key")
    complaint = rules.complaint_about_key(
        rsa_bits=public_key.key_size if isinstance(public_key, rsa.RSAPublicKey) else None,
        curve=public_key.curve.name if isinstance(public_key, ec.EllipticCurvePublicKey) else None,
    )
    if complaint is not None:
        raise SigningRequestRefused(complaint)
    return SigningRequest(public_key, str(names[0].value) if len(names) == 1 else None)


def _tidied(text: str) -> str:
    """Some stations write the line ends as the two characters \\\\n."""
    return re.sub(r"\\r?\\n", "\n", text)
