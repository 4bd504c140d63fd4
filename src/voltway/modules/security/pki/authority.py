"""Our own authorities: a root that certifies one issuing authority, which certifies everybody else.

Each has its folder in the data directory: `root.pem` with `root.key`, `issuing.pem` with `issuing.key`. Keys are readable by
us only; that of the root is opened to make an issuing authority and never else, so it may be taken away and kept apart.
Source: OCPP 2.0.1 part 2, A00.FR.501 to .514.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from voltway.contracts.security import CertificateKind
from voltway.kernel import clock
from voltway.kernel.errors import StartUpError

log = structlog.get_logger()

ROOT_YEARS, ISSUING_YEARS = 20, 8
BACKDATED = timedelta(hours=1)  # a station's clock may be behind
_DAY = timedelta(days=1)


class Issued(NamedTuple):
    """A certificate and the chain above it, without the root."""

    certificate: x509.Certificate
    chain_pem: str


class Authority:
    """One root and its issuing authority."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        _make_folder(folder)
        with _alone_in(folder):
            if not (folder / "root.pem").exists():
                self._make_root()
            if not (folder / "issuing.pem").exists():
                self._make_issuing()
            self.root = _read_certificate(folder / "root.pem")
            self.issuing = _read_certificate(folder / "issuing.pem")
            if self.issuing.not_valid_after_utc <= clock.now():
                self._make_issuing()
                self.issuing = _read_certificate(folder / "issuing.pem")
        self._key = _read_key(folder / "issuing.key")

    @property
    def root_pem(self) -> str:
        """The root, for those who are to trust us."""
        return pem_of(self.root)

    @property
    def trusted_pem(self) -> str:
        """Root and issuing authority, for a server that checks clients."""
        return self.root_pem + pem_of(self.issuing)

    @property
    def key(self) -> ec.EllipticCurvePrivateKey:
        """The issuing authority's key: it signs certificates, OCSP answers and revocation lists."""
        return self._key

    def issue(
        self,
        public_key: Any,
        subject: x509.Name,
        not_after: datetime,
        *,
        names: Sequence[str] = (),
        is_authority: bool = False,
        ocsp_url: str = "",
    ) -> Issued:
        """Certify a key. `names`: host names and addresses of a server; without them it is a client's."""
        now = clock.now()
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.issuing.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - BACKDATED)
            .not_valid_after(min(not_after, self.issuing.not_valid_after_utc))
            .add_extension(
                x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None), critical=True
            )
            .add_extension(
                _usage(is_authority=is_authority, is_rsa=isinstance(public_key, rsa.RSAPublicKey)), critical=True
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.issuing.public_key()),  # type: ignore[arg-type]
                critical=False,
            )
        )
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_name_of(name) for name in names]), critical=False
            )
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        if ocsp_url:
            access = x509.AccessDescription(
                x509.oid.AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp_url)
            )
            builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        return Issued(certificate, pem_of(certificate) + pem_of(self.issuing))

    def _make_root(self) -> None:
        key, now = ec.generate_private_key(ec.SECP256R1()), clock.now()
        name = _authority_name(f"{self._name} Root")
        certificate = _sign_authority(name, name, key.public_key(), key, now + ROOT_YEARS * 365 * _DAY, path_length=2)
        write_private(self._folder / "root.key", _key_pem(key))
        write_private(self._folder / "root.pem", pem_of(certificate).encode(), mode=0o644)
        log.info("authority.made", name=self._name, folder=str(self._folder))

    def _make_issuing(self) -> None:
        """The one thing that the root's key is for."""
        root, root_key = _read_certificate(self._folder / "root.pem"), _read_key(self._folder / "root.key")
        key, now = ec.generate_private_key(ec.SECP256R1()), clock.now()
        until = min(now + ISSUING_YEARS * 365 * _DAY, root.not_valid_after_utc)
        certificate = _sign_authority(
            _authority_name(f"{self._name} Issuing"), root.subject, key.public_key(), root_key, until, path_length=1
        )
        write_private(self._folder / "issuing.key", _key_pem(key))
        write_private(self._folder / "issuing.pem", pem_of(certificate).encode(), mode=0o644)


def make_server_files(authority: Authority, folder: Path, names: Sequence[str], days: int) -> tuple[Path, ...]:
    """An ECDSA and an RSA certificate with their keys for a server, made where they are missing, old or for other names.

    Both, because two of the four cipher suites that OCPP demands need the one and two the other (A00.FR.318).
    """
    files = []
    for kind in ("ecdsa", "rsa"):
        file = folder / f"server-{kind}.pem"
        if _is_due(file, names, authority):
            key: Any = (
                ec.generate_private_key(ec.SECP256R1())
                if kind == "ecdsa"
                else rsa.generate_private_key(public_exponent=65537, key_size=2048)
            )
            subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
            issued = authority.issue(key.public_key(), subject, clock.now() + days * _DAY, names=names)
            write_private(file, issued.chain_pem.encode() + _key_pem(key))
        files.append(file)
    return tuple(files)


def _is_due(file: Path, names: Sequence[str], authority: Authority) -> bool:
    """Whether a server's certificate must be made: none there, another authority's, other names, or past half its life."""
    try:
        certificate = _read_certificate(file)
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, StartUpError, x509.ExtensionNotFound):
        return True
    is_ours = certificate.issuer == authority.issuing.subject and is_signed_by(certificate, authority.issuing)
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    is_old = clock.now() > certificate.not_valid_after_utc - life / 2
    return not is_ours or is_old or list(alternative) != [_name_of(name) for name in names]


def is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether a certificate was made by this authority."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def station_subject(kind: CertificateKind, common_name: str, organization: str) -> x509.Name:
    """How a station is called in its certificate. A00.FR.404, .405; ISO 15118-2 annex F: DC=CPO in that of a V2G server."""
    parts = [
        x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64]),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization[:64]),
    ]
    if kind in (CertificateKind.V2G, CertificateKind.V2G20):
        parts.append(x509.NameAttribute(NameOID.DOMAIN_COMPONENT, "CPO"))
    return x509.Name(parts)


def pem_of(certificate: x509.Certificate) -> str:
    """A certificate as text."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def serial_text(serial_number: int) -> str:
    """A serial number as it is written everywhere here: hexadecimal."""
    return f"{serial_number:x}"


# ---- files


def write_private(file: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file whole or not at all, for our eyes only unless the mode says else."""
    descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        os.fchmod(descriptor, mode)
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    Path(draft).replace(file)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Of processes that start at once, one makes the authority, and the others find it."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StartUpError(f"The folder {folder} of our certificates cannot be made: {error.strerror}.") from error


def _read_certificate(file: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except OSError as error:
        raise StartUpError(f"The certificate {file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise StartUpError(f"The certificate {file} is not PEM. Put back the one from your backup.") from error


def _read_key(file: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), None)
    except OSError as error:
        raise StartUpError(f"The key {file} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError) as error:
        raise StartUpError(f"The key {file} is not PEM. Put back the one from your backup.") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise StartUpError(f"The key {file} is not the one that was made here.")
    return key


def _key_pem(key: Any) -> bytes:
    return bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


# ---- parts of certificates


def _authority_name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Voltway"),
        ]
    )


def _sign_authority(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: Any,
    key: ec.EllipticCurvePrivateKey,
    until: datetime,
    path_length: int,
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock.now() - BACKDATED)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_usage(is_authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _usage(*, is_authority: bool, is_rsa: bool = False) -> x509.KeyUsage:
    """The TLS_RSA suites encrypt with the certificate's key; all others sign."""
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=is_rsa,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name_of(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
