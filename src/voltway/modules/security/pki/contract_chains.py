"""Contract certificates of cars: whether a chain leads to a root that we trust. ISO 15118-2 annex F; OCPP 2.0.1 C07."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from voltway.contracts.security import CertificateId, CertificateQuery
from voltway.modules.security.pki.authority import is_signed_by
from voltway.modules.security.pki.ocsp import issuer_hashes

CHAIN_MAX = 5
"""A contract certificate, at most two authorities below the root (ISO 15118-2 annex F), and some room."""
EMAID_LENGTH = 14
"""An eMAID without separators and without its check digit, which may be left out."""


class Chain(NamedTuple):
    """What a chain is worth: a word of OCPP's AuthorizeCertificateStatus, and each certificate with its issuer, leaf first."""

    status: str
    links: tuple[tuple[x509.Certificate, x509.Certificate], ...] = ()


def follow(chain_pem: str, roots: Sequence[x509.Certificate], now: datetime, token: str) -> Chain:
    """Follow the certificates of a chain, the contract's first, to one of the roots."""
    try:
        leaf, *rest = x509.load_pem_x509_certificates(chain_pem.encode())
    except ValueError:
        return Chain("CertChainError")
    if not is_contract_of(leaf, token):
        return Chain("CertChainError")
    links: list[tuple[x509.Certificate, x509.Certificate]] = []
    current = leaf
    while current not in roots:
        named = [one for one in (*rest, *roots) if one.subject == current.issuer and one != current and _may_issue(one)]
        if not named or len(links) == CHAIN_MAX:
            return Chain("CertChainError")
        issuer = next((one for one in named if is_signed_by(current, one)), None)
        if issuer is None:
            return Chain("SignatureError")
        links.append((current, issuer))
        current = issuer
    if not links:
        return Chain("CertChainError")
    for certificate in (*(certificate for certificate, _ in links), current):
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            return Chain("CertificateExpired")
    return Chain("Accepted", tuple(links))


def is_contract_of(certificate: x509.Certificate, token: str) -> bool:
    """Whether a certificate is that of the contract which the token names: its name is the eMAID."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return any(_plain(str(name.value)) == _plain(token) for name in names)


def _plain(emaid: str) -> str:
    return emaid.replace("-", "").casefold()[:EMAID_LENGTH]


def question_about(certificate: x509.Certificate, issuer: x509.Certificate) -> CertificateQuery:
    """Who to ask about a certificate: the responders that it names."""
    name, key = issuer_hashes(issuer, hashes.SHA256())
    named = CertificateId(
        hash_algorithm="SHA256",
        issuer_name_hash=name,
        issuer_key_hash=key,
        serial_number=f"{certificate.serial_number:x}",
    )
    return CertificateQuery(certificate=named, source="OCSP", urls=tuple(_responders(certificate)))


def _responders(certificate: x509.Certificate) -> list[str]:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    return [str(one.access_location.value) for one in access if one.access_method == AuthorityInformationAccessOID.OCSP]


def _may_issue(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False
