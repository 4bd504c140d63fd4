"""Certificates that end soon are told of, once for each and threshold: those of stations, of the station port, of authorities.

What renews itself is told of as well if it is a station's: it does so only if the station does its part. Certificates that we
have made for our own port live for days and are renewed in place: they are not told of.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.x509.oid import NameOID

from voltway.contracts.security import CertificateExpiring, FindShownCertificates
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.bus.asks import NobodyAnswers
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.security import rules, store
from voltway.modules.security.authorities import Authorities
from voltway.modules.security.pki.authority import serial_text

SERVER, AUTHORITY = "server", "authority"
TOLD_AFTER_END = timedelta(days=7)
"""A certificate that ended while nobody looked is told of for so long."""


async def tell(runtime: Runtime) -> None:
    """A job: look at all of them."""
    now = clock.now()
    known = [(AUTHORITY, authority.issuing) for _, authority in runtime.state(Authorities)]
    known += [(SERVER, certificate) for certificate in await _shown(runtime)]
    async with runtime.database.begin() as tx:
        for kind, certificate in known:
            await _tell_of(tx, kind, certificate, now)
        after = now - TOLD_AFTER_END
        for days in rules.EXPIRY_THRESHOLDS:
            until = now + timedelta(days=days)
            for row in await store.find_expiring(tx, after, until, days):
                await _tell_of_stations(tx, row, days)
            after = until


async def _shown(runtime: Runtime) -> list[x509.Certificate]:
    """The first certificate of each chain that was given to the station port."""
    try:
        chains = await runtime.ask(FindShownCertificates())
    except NobodyAnswers:
        return []
    return [x509.load_pem_x509_certificates(chain.encode())[0] for chain in chains]


async def _tell_of(tx: Tx, kind: str, certificate: x509.Certificate, now: datetime) -> None:
    days = rules.expiry_threshold(certificate.not_valid_after_utc, now)
    serial_number = serial_text(certificate.serial_number)
    if days is None or not await store.note_expiry(tx, serial_number, days):
        return
    tx.publish(
        CertificateExpiring(
            operator_id=DEFAULT_OPERATOR_ID,
            at=now,
            kind=kind,
            subject=_name_of(certificate),
            serial_number=serial_number,
            not_after=certificate.not_valid_after_utc,
            threshold_days=days,
        )
    )


async def _tell_of_stations(tx: Tx, row: store.Row, days: int) -> None:
    if not await store.note_expiry(tx, row.serial_number, days):
        return
    tx.publish(
        CertificateExpiring(
            operator_id=row.operator_id,
            at=clock.now(),
            kind=row.kind,
            subject=row.common_name or row.station_identity,
            serial_number=row.serial_number,
            not_after=row.not_after,
            threshold_days=days,
            station_id=row.station_id,
            station_identity=row.station_identity,
        )
    )


def _name_of(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if names:
        return str(names[0].value)[:100]
    try:
        others = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    return next(iter(others.get_values_for_type(x509.DNSName)), "")[:100]
