"""A mobility operator of a test's own: a root, an authority below it, contracts, and an OCSP responder that answers on a port."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from voltway.modules.security.pki.ocsp import issuer_hashes

EMAID = "DE-VWY-C00000001-X"


class Issuer:
    """Everything hangs below `root`; `revoked` holds serial numbers."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/ocsp"
        self.root_key, self.key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        self.root = self._sign("MO Root", self.root_key.public_key(), None, is_authority=True)
        self.authority = self._sign("MO Sub", self.key.public_key(), self.root, is_authority=True)
        self.revoked: set[int] = set()
        self.asked = 0
        self.liar: Issuer | None = None
        """Who signs the responder's answers instead."""

    def contract(self, emaid: str = EMAID, *, days: int = 30, key: Any = None) -> x509.Certificate:
        """A contract certificate; with another key, one that the authority never signed."""
        own = ec.generate_private_key(ec.SECP256R1()).public_key()
        return self._sign(emaid, own, self.authority, days=days, key=key or self.key)

    def chain(self, contract: x509.Certificate) -> str:
        return pem(contract) + pem(self.authority)

    def hashes_of(self, contract: x509.Certificate) -> list[dict[str, str]]:
        """What a station that has checked the chain by itself tells of it."""
        told = []
        for certificate, issuer in ((contract, self.authority), (self.authority, self.root)):
            name, key = issuer_hashes(issuer, hashes.SHA256())
            told.append(
                {
                    "hashAlgorithm": "SHA256",
                    "issuerNameHash": name,
                    "issuerKeyHash": key,
                    "serialNumber": f"{certificate.serial_number:x}",
                    "responderURL": self.url,
                }
            )
        return told

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one question over HTTP."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        body = self._answer(ocsp.load_der_ocsp_request(await reader.readexactly(length)))
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    def _answer(self, asked: ocsp.OCSPRequest) -> bytes:
        self.asked += 1
        is_about_authority = asked.issuer_key_hash.hex() == issuer_hashes(self.root, asked.hash_algorithm)[1]
        said_by = self.liar or self
        signer = (said_by.root, said_by.root_key) if is_about_authority else (said_by.authority, said_by.key)
        now, is_revoked = datetime.now(UTC), asked.serial_number in self.revoked
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=asked.issuer_name_hash,
            issuer_key_hash=asked.issuer_key_hash,
            serial_number=asked.serial_number,
            algorithm=asked.hash_algorithm,
            cert_status=ocsp.OCSPCertStatus.REVOKED if is_revoked else ocsp.OCSPCertStatus.GOOD,
            this_update=now,
            next_update=now + timedelta(hours=1),
            revocation_time=now if is_revoked else None,
            revocation_reason=None,
        )
        signed = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer[0]).sign(signer[1], hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.DER)

    def _sign(
        self,
        name: str,
        public_key: Any,
        issuer: x509.Certificate | None,
        *,
        days: int = 30,
        is_authority: bool = False,
        key: Any = None,
    ) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        responder = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(self.url))
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if issuer is None else issuer.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=60))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.AuthorityInformationAccess([responder]), critical=False)
        )
        return builder.sign(key or self.root_key, hashes.SHA256())


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
