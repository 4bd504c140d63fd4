"""OCSP and revocation lists: our own answers, and the questions to others. RFC 6960, RFC 5280 section 5."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from voltway.contracts.security import CertificateId
from voltway.kernel import clock
from voltway.modules.security.pki.authority import Authority, is_signed_by

HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "SHA1": hashes.SHA1,
    "SHA256": hashes.SHA256,
    "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
}
STATUSES = {
    ocsp.OCSPCertStatus.GOOD: "Good",
    ocsp.OCSPCertStatus.REVOKED: "Revoked",
    ocsp.OCSPCertStatus.UNKNOWN: "Unknown",
}


class Standing(NamedTuple):
    """What we know of a certificate of ours."""

    certificate: x509.Certificate
    revoked_at: datetime | None


FindStanding = Callable[[str, str], Awaitable[Standing | None]]
"""The standing of a certificate by the name of its authority and its serial number (hexadecimal)."""


def question(certificate: CertificateId) -> bytes:
    """The DER of an OCSP request about a certificate that is known by hashes only. Raises ValueError."""
    kind = HASHES.get(certificate.hash_algorithm)
    if kind is None:
        raise ValueError(f"{certificate.hash_algorithm} is no hash of OCSP's")
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        bytes.fromhex(certificate.issuer_name_hash),
        bytes.fromhex(certificate.issuer_key_hash),
        int(certificate.serial_number, 16),
        kind(),
    )
    return builder.build().public_bytes(serialization.Encoding.DER)


def asked_of(question_der: bytes) -> CertificateId:
    """Which certificate an OCSP request asks for. Raises ValueError."""
    request = ocsp.load_der_ocsp_request(question_der)
    names = {str(kind.name): word for word, kind in HASHES.items()}
    word = names.get(request.hash_algorithm.name)
    if word is None:
        raise ValueError("an unknown hash")
    return CertificateId(
        hash_algorithm=word,
        issuer_name_hash=request.issuer_name_hash.hex(),
        issuer_key_hash=request.issuer_key_hash.hex(),
        serial_number=f"{request.serial_number:x}",
    )


def is_issuer(issuer: x509.Certificate, asked: CertificateId) -> bool:
    """Whether a question is about a certificate of this authority."""
    kind = HASHES.get(asked.hash_algorithm)
    if kind is None:
        return False
    name, key = issuer_hashes(issuer, kind())
    return name == asked.issuer_name_hash.lower() and key == asked.issuer_key_hash.lower()


def issuer_hashes(issuer: x509.Certificate, algorithm: hashes.HashAlgorithm) -> tuple[str, str]:
    """The hashes of an authority's name and key, hexadecimal: how OCSP and OCPP call it (RFC 6960, section 4.1.1)."""
    public_key = issuer.public_key()
    raw = (
        public_key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        if isinstance(public_key, ec.EllipticCurvePublicKey)
        else public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    )
    return _hash(algorithm, issuer.subject.public_bytes()), _hash(algorithm, raw)


def _hash(algorithm: hashes.HashAlgorithm, content: bytes) -> str:
    digest = hashes.Hash(algorithm)
    digest.update(content)
    return digest.finalize().hex()


def answer(authority: Authority, asked: CertificateId, standing: Standing | None, validity_h: int) -> bytes:
    """The DER of our response about a certificate of this authority; one that we never made is unauthorized to be asked for.

    Signed by the issuing authority itself, which RFC 6960 section 4.2.2.2 allows.
    """
    if standing is None:
        return failed(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    now = clock.now().replace(microsecond=0)
    is_revoked = standing.revoked_at is not None
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=standing.certificate,
            issuer=authority.issuing,
            algorithm=HASHES[asked.hash_algorithm](),
            cert_status=ocsp.OCSPCertStatus.REVOKED if is_revoked else ocsp.OCSPCertStatus.GOOD,
            this_update=now,
            next_update=now + timedelta(hours=validity_h),
            revocation_time=standing.revoked_at.replace(microsecond=0) if standing.revoked_at is not None else None,
            revocation_reason=x509.ReasonFlags.unspecified if is_revoked else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, authority.issuing)
    )
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def failed(status: ocsp.OCSPResponseStatus) -> bytes:
    """A response without a status."""
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(serialization.Encoding.DER)


def verdict_in(response_der: bytes, asked: CertificateId, now: datetime) -> tuple[str, datetime] | None:
    """The status that a response gives of the certificate that was asked for, and until when it holds; None for one that
    gives none, or is too old."""
    try:
        response = ocsp.load_der_ocsp_response(response_der)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return None
        if response.serial_number != int(asked.serial_number, 16):
            return None
        until = response.next_update_utc or now + timedelta(hours=1)
        if until <= now:
            return None
        return STATUSES[response.certificate_status], until
    except ValueError:
        return None


def is_signed_for(response_der: bytes, issuer: x509.Certificate) -> bool:
    """Whether a response may speak for an authority: signed by itself, or by whom it has certified for that (RFC 6960
    section 4.2.2.2)."""
    try:
        response = ocsp.load_der_ocsp_response(response_der)
        delegates = [one for one in response.certificates if is_signed_by(one, issuer) and _may_answer(one)]
        return any(_has_signed(signer.public_key(), response) for signer in (issuer, *delegates))
    except ValueError:
        return False


def _may_answer(certificate: x509.Certificate) -> bool:
    try:
        uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in uses


def _has_signed(key: Any, response: ocsp.OCSPResponse) -> bool:
    kind = response.signature_hash_algorithm
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and kind is not None:
            key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(kind))
        elif isinstance(key, rsa.RSAPublicKey) and kind is not None:
            key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), kind)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def is_response(response_der: bytes) -> bool:
    """Whether this is an OCSP response that says something."""
    try:
        return ocsp.load_der_ocsp_response(response_der).response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
    except ValueError:
        return False


def revocation_list(
    authority: Authority, revoked: Iterable[tuple[int, datetime]], number: int, validity_h: int
) -> bytes:
    """The DER of an authority's revocation list."""
    now = clock.now().replace(microsecond=0)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.issuing.subject)
        .last_update(now)
        .next_update(now + timedelta(hours=validity_h))
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.issuing.public_key()),  # type: ignore[arg-type]
            critical=False,
        )
    )
    for serial_number, revoked_at in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial_number).revocation_date(revoked_at)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def verdict_in_list(list_der: bytes, asked: CertificateId, now: datetime) -> tuple[str, datetime] | None:
    """The status that a revocation list gives of a certificate, and until when it holds; None for one that cannot be read,
    is too old, or is another authority's."""
    try:
        load = x509.load_pem_x509_crl if list_der.lstrip().startswith(b"-----") else x509.load_der_x509_crl
        crl = load(list_der)
        until = crl.next_update_utc
        kind = HASHES.get(asked.hash_algorithm)
        if kind is None or until is None or until <= now:
            return None
        if _hash(kind(), crl.issuer.public_bytes()) != asked.issuer_name_hash.lower():
            return None
        revoked = crl.get_revoked_certificate_by_serial_number(int(asked.serial_number, 16))
        return "Good" if revoked is None else "Revoked", until
    except ValueError:
        return None
