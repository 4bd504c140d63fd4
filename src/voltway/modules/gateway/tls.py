"""TLS on the station port: which certificates it shows, which ciphers it speaks, whose certificates it believes.

Sources: OCPP 2.0.1 part 2, A00.FR.306 to .321 and .409 to .424: TLS 1.2 or newer, four cipher suites that both sides must
have, no compression; an RSA and an ECDSA certificate side by side, since two of the four need the one and one the other.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from cryptography import x509

from voltway.contracts.security import FindClientTrust, ServerCertificates
from voltway.kernel import clock
from voltway.kernel.bus.asks import NobodyAnswers
from voltway.kernel.errors import StartUpError
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway.peer import Trust, plain_serial
from voltway.modules.gateway.settings import TlsSettings

log = structlog.get_logger()

FAILURES_SAID_EVERY_S = 10.0

_FORWARD_SECRET = ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384")
_MORE_FORWARD_SECRET = ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384")
_WITHOUT = ("AES128-GCM-SHA256", "AES256-GCM-SHA384")
CIPHERS = {
    "compat": (*_FORWARD_SECRET, *_MORE_FORWARD_SECRET, *_WITHOUT),
    "strict": (*_FORWARD_SECRET, *_MORE_FORWARD_SECRET),
}
"""The suites of TLS 1.2; those of 1.3 are all forward secret. `compat` has the two TLS_RSA suites of A00.FR.318."""


class KeyPair(NamedTuple):
    """A certificate chain and its key; in one file, or in two."""

    certificate: str
    key: str | None = None


def context_of(settings: TlsSettings) -> ssl.SSLContext:
    """A server's context without certificates yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(":".join(CIPHERS[settings.mode]))
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    # Profiles 2 and 3 share the port: who shows a certificate must show a good one, and who must show one is in the record.
    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # an issuing authority may be trusted without its root
    return context


def load_pairs(context: ssl.SSLContext, pairs: Sequence[KeyPair]) -> None:
    """Show these certificates from the next handshake on. Raises StartUpError for one that cannot be used.

    All are tried elsewhere first, so that a server keeps its certificates whole when one of the new ones is broken.
    """
    probe = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for target in (probe, context):
        for pair in pairs:
            try:
                target.load_cert_chain(pair.certificate, pair.key)
            except OSError as error:  # ssl.SSLError is one
                reason = _reason(error)
                where = pair.certificate if pair.key is None else f"{pair.certificate} with the key {pair.key}"
                raise StartUpError(f"The station port's certificate {where} cannot be used: {reason}.") from error


class HandshakeFailures(logging.Filter):
    """Handshakes that fail are everybody's to cause: one line for many, instead of a trace for each.

    A00.FR.407: a client certificate that is not good ends here, and it must be noticed.
    """

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self._said_at = -FAILURES_SAID_EVERY_S

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line of the event loop's own log stays there."""
        if not record.getMessage().startswith("SSL handshake failed"):
            return True
        self._count += 1
        now = clock.monotonic()
        if now - self._said_at >= FAILURES_SAID_EVERY_S:
            error: Any = record.exc_info[1] if record.exc_info else None
            kind = error if isinstance(error, type) else type(error)  # aiofastnet says some of them as classes
            reason = getattr(error, "reason", None) or kind.__name__
            log.warning("tls_handshakes.failed", count=self._count, last_reason=str(reason)[:200])
            self._count, self._said_at = 0, now
        return False


def quieten() -> None:
    """Keep what strangers can cause at will out of the log of libraries."""
    logging.getLogger("aiofastnet").setLevel(logging.CRITICAL + 1)
    loop_log = logging.getLogger("asyncio")
    if not any(isinstance(known, HandshakeFailures) for known in loop_log.filters):
        loop_log.addFilter(HandshakeFailures())


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return {
            "KEY_VALUES_MISMATCH": "the key is not that of the certificate",
            "EE_KEY_TOO_SMALL": "its key is too short",
        }.get(error.reason or "", "it is not PEM, or the certificate or the key is missing in it")
    return error.strerror or "it cannot be read"


class TlsMaterial:
    """The certificates of the TLS port and whom it trusts: loaded at the start, and again when the files change."""

    def __init__(self, runtime: Runtime, settings: TlsSettings) -> None:
        self._runtime = runtime
        self._settings = settings
        self._pairs: tuple[KeyPair, ...] = ()
        self._stamps: tuple[tuple[int, int], ...] = ()
        self._foreign_serials: frozenset[str] = frozenset()
        self.own_serials: set[str] = set()
        self.context = context_of(settings)
        self.is_self_made = False
        """Whether our own authority has made the certificates, since none were given."""

    @property
    def trust(self) -> Trust:
        """What client certificates are held against."""
        return Trust(self.own_serials | self._foreign_serials, self._settings.organizations)

    async def start(self) -> None:
        """Load everything. Raises StartUpError."""
        quieten()
        self._pairs = given_pairs(self._settings)
        if not self._pairs:
            try:
                files = await self._runtime.ask(ServerCertificates(names=self._settings.server_names))
            except NobodyAnswers:
                raise StartUpError(
                    "The TLS station port needs a certificate: set gateway.tls.ecdsa_certificate_file and "
                    "ecdsa_key_file (and those for RSA), or run the module security, which makes one."
                ) from None
            self._pairs = tuple(KeyPair(file) for file in files)
            self.is_self_made = True
        load_pairs(self.context, self._pairs)
        await self._load_trust()
        self._stamps = self._look()

    async def _load_trust(self) -> None:
        try:
            trust = await self._runtime.ask(FindClientTrust())
        except NobodyAnswers:
            trust = None
        if trust is not None:
            self.context.load_verify_locations(cadata=trust.authorities)
            self.own_serials = {plain_serial(serial) for serial in trust.revoked_serials}
        self._load_foreign_trust()

    def _load_foreign_trust(self) -> None:
        """Believe the authorities of the settings beside our own; one that is in the file no longer is believed until the
        next start, and its revocation list at once."""
        if self._settings.client_authorities_file:
            try:
                self.context.load_verify_locations(self._settings.client_authorities_file)
            except OSError as error:
                raise StartUpError(
                    f"The authorities of stations in {self._settings.client_authorities_file} cannot be read: {_reason(error)}."
                ) from error
        self._foreign_serials = read_revoked(self._settings.client_revocation_file)

    def given_certificates(self) -> tuple[str, ...]:
        """PEM of the certificates that the settings name: those that nobody renews here."""
        return () if self.is_self_made else tuple(map(_certificates_in, self._pairs))

    def revoke(self, serial_number: str) -> None:
        """A certificate of ours holds no longer."""
        self.own_serials.add(plain_serial(serial_number))

    async def reload(self) -> None:
        """Load the files again if one has changed. What cannot be used is logged, and the old goes on."""
        stamps = await asyncio.to_thread(self._look)
        if stamps == self._stamps:
            return
        self._stamps = stamps
        try:
            load_pairs(self.context, self._pairs)
            self._load_foreign_trust()
        except StartUpError as error:
            log.error("tls_certificates.not_reloaded", reason=str(error))
        else:
            log.info("tls_certificates.reloaded", files=[pair.certificate for pair in self._pairs])

    def _look(self) -> tuple[tuple[int, int], ...]:
        names = [name for pair in self._pairs for name in (pair.certificate, pair.key) if name]
        trust = (self._settings.client_authorities_file, self._settings.client_revocation_file)
        files = [Path(name) for name in (*names, *trust) if name]
        return tuple((file.stat().st_mtime_ns, file.stat().st_size) if file.exists() else (0, 0) for file in files)


def _certificates_in(pair: KeyPair) -> str:
    """The certificates of a file, without the key that may stand beside them."""
    parts = re.findall(
        r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", Path(pair.certificate).read_text("ascii"), re.DOTALL
    )
    return "\n".join(parts)


def given_pairs(settings: TlsSettings) -> tuple[KeyPair, ...]:
    """The certificates that the settings name. Raises StartUpError for a key without its certificate."""
    pairs = []
    for kind in ("ecdsa", "rsa"):
        certificate, key = getattr(settings, f"{kind}_certificate_file"), getattr(settings, f"{kind}_key_file")
        if key and not certificate:
            raise StartUpError(
                f"gateway.tls.{kind}_key_file is set and gateway.tls.{kind}_certificate_file is not: set both, or neither."
            )
        if certificate:
            pairs.append(KeyPair(certificate, key or None))
    return tuple(pairs)


def check(settings: TlsSettings) -> None:
    """Raise StartUpError for certificates that cannot be used: better said before anything is started."""
    load_pairs(context_of(settings), given_pairs(settings))
    read_revoked(settings.client_revocation_file)


def read_revoked(file: str) -> frozenset[str]:
    """The serial numbers in a revocation list of somebody else's authority (PEM or DER); none if there is no file."""
    if not file:
        return frozenset()
    try:
        content = Path(file).read_bytes()
        load = x509.load_pem_x509_crl if content.lstrip().startswith(b"-----") else x509.load_der_x509_crl
        return frozenset(plain_serial(f"{revoked.serial_number:x}") for revoked in load(content))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no revocation list"
        raise StartUpError(f"The revocation list {file} cannot be read: {reason}.") from error
