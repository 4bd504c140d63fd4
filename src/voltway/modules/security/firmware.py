"""Signatures on firmware: a key of its own for nothing else, certified by the authority that stations trust.

Source: OCPP 2.0.1 part 2, L01.FR.11, L01.FR.12, A00.FR.503.
"""

from __future__ import annotations

import asyncio
import base64
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.x509.oid import NameOID

from voltway.contracts.security import FirmwareSignature, SignFirmware
from voltway.kernel import clock
from voltway.kernel.runtime import Runtime
from voltway.modules.security.authorities import CSMS, Authorities, folder_of
from voltway.modules.security.pki.authority import Authority, is_signed_by, write_private
from voltway.modules.security.settings import SecuritySettings

FILE = "firmware.pem"
KEY_BITS = 3072  # A00.FR.503 takes 2048 up to 2030; images outlive that


async def sign_firmware(runtime: Runtime, request: SignFirmware) -> FirmwareSignature:
    """Sign an image by its hash."""
    days = runtime.settings(SecuritySettings).firmware_certificate_days
    authority = runtime.state(Authorities).get(CSMS)
    return await asyncio.to_thread(_sign, authority, folder_of(runtime) / FILE, days, request.sha256)


def _sign(authority: Authority, file: Path, days: int, sha256: bytes) -> FirmwareSignature:
    if _is_due(file, authority):
        _make(file, authority, days)
    content = file.read_bytes()
    key = serialization.load_pem_private_key(content, None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{file} holds another key than the one made here")
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256.digest_size)
    signature = key.sign(sha256, scheme, Prehashed(hashes.SHA256()))
    chain = content[: content.index(b"-----BEGIN PRIVATE KEY")]
    return FirmwareSignature(signature=base64.b64encode(signature).decode(), certificate=chain.decode())


def _is_due(file: Path, authority: Authority) -> bool:
    """Whether the certificate must be made: there is none, another authority made it, or half its life is over."""
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError):
        return True
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    is_old = clock.now() > certificate.not_valid_after_utc - life / 2
    return is_old or not is_signed_by(certificate, authority.issuing)


def _make(file: Path, authority: Authority, days: int) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "Voltway Firmware Signing"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Voltway"),
        ]
    )
    issued = authority.issue(key.public_key(), subject, clock.now() + timedelta(days=days))
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(file, issued.chain_pem.encode() + key_pem)
