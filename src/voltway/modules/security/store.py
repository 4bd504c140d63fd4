"""Certificates, security events and registration tokens in the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.modules.security.errors import CertificateNotFound, RegistrationTokenNotFound
from voltway.modules.security.tables import (
    certificates,
    enrolments,
    events,
    expiry_notices,
    quarantine,
    registration_tokens,
)

Row = sa.Row[Any]
ISSUED, ACCEPTED, REJECTED, REFUSED, REVOKED = "issued", "accepted", "rejected", "refused", "revoked"


# ---- security events


async def known_keys(tx: Tx, pairs: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these (station, key) are recorded already."""
    stations, keys = {station for station, _ in pairs}, {key for _, key in pairs}
    statement = sa.select(events.c.station_id, events.c.event_key).where(
        events.c.station_id.in_(stations), events.c.event_key.in_(keys)
    )
    return {(row.station_id, row.event_key) for row in (await tx.execute(statement)).all()}


async def add_events(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Record events; what is there already stays."""
    await bulk.insert_if_absent(tx, events, list(rows))


async def put_aside(tx: Tx, report: Any, error: Exception) -> None:
    """Keep a report that cannot be recorded."""
    row = {
        "id": new_id(),
        "operator_id": report.operator_id,
        "station_id": report.station_id,
        "error": repr(error)[:1000],
        "report": report,
        "quarantined_at": clock.now(),
    }
    await tx.execute(sa.insert(quarantine).values(row))


# ---- certificates


async def add_certificate(tx: Tx, row: Mapping[str, Any]) -> None:
    """Record a request for a certificate, with what came of it."""
    await tx.execute(sa.insert(certificates).values(dict(row)))


async def count_requests(tx: Tx, station_id: str, since: datetime) -> int:
    """How many certificates a station has asked for since then."""
    statement = (
        sa.select(sa.func.count())
        .select_from(certificates)
        .where(certificates.c.station_id == station_id, certificates.c.requested_at >= since)
    )
    return int((await tx.execute(statement)).scalar_one())


async def get_certificate(tx: Tx, certificate_id: str, *conditions: sa.ColumnElement[bool]) -> Row:
    """A certificate's record. Raises CertificateNotFound unless the conditions hold."""
    statement = sa.select(certificates).where(certificates.c.id == certificate_id, *conditions)
    row = (await tx.execute(statement)).one_or_none()
    if row is None:
        raise CertificateNotFound(f"There is no certificate {certificate_id}.")
    return row


async def change_certificate(tx: Tx, certificate_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of a certificate's record."""
    await tx.execute(sa.update(certificates).where(certificates.c.id == certificate_id).values(**values))


async def find_issued(tx: Tx, authority: str, serial_number: str) -> Row | None:
    """A certificate by its number."""
    statement = sa.select(certificates).where(
        certificates.c.authority == authority, certificates.c.serial_number == serial_number
    )
    return (await tx.execute(statement)).one_or_none()


async def find_revoked(tx: Tx, authority: str, now: datetime) -> list[tuple[str, datetime]]:
    """The numbers of what an authority has revoked and would hold otherwise, and when."""
    statement = sa.select(certificates.c.serial_number, certificates.c.revoked_at).where(
        certificates.c.authority == authority, certificates.c.revoked_at.is_not(None), certificates.c.not_after > now
    )
    return [(row.serial_number, row.revoked_at) for row in (await tx.execute(statement)).all()]


async def find_ending(tx: Tx, until: datetime, asked_before: datetime) -> Sequence[Row]:
    """Certificates in use that end by then, are the last of their kind at their station, and about which the station was
    not asked lately."""
    newer = certificates.alias("newer")
    is_last = ~sa.exists().where(
        newer.c.station_id == certificates.c.station_id,
        newer.c.kind == certificates.c.kind,
        newer.c.state == ACCEPTED,
        newer.c.id > certificates.c.id,
    )
    statement = (
        sa.select(certificates)
        .where(
            certificates.c.state == ACCEPTED,
            certificates.c.not_after <= until,
            sa.or_(certificates.c.renewal_asked_at.is_(None), certificates.c.renewal_asked_at < asked_before),
            is_last,
        )
        .order_by(certificates.c.not_after)
        .limit(100)
    )
    return (await tx.execute(statement)).all()


async def find_expiring(tx: Tx, after: datetime, until: datetime, threshold_days: int) -> Sequence[Row]:
    """Certificates in use that end between these instants, are the last of their kind at their station, and were not told of
    at this threshold."""
    newer = certificates.alias("newer")
    is_replaced = sa.exists().where(
        newer.c.station_id == certificates.c.station_id,
        newer.c.kind == certificates.c.kind,
        newer.c.state == ACCEPTED,
        newer.c.id > certificates.c.id,
    )
    is_told = sa.exists().where(
        expiry_notices.c.serial_number == certificates.c.serial_number,
        expiry_notices.c.threshold_days == threshold_days,
    )
    statement = (
        sa.select(certificates)
        .where(
            certificates.c.state == ACCEPTED,
            certificates.c.not_after > after,
            certificates.c.not_after <= until,
            ~is_replaced,
            ~is_told,
        )
        .order_by(certificates.c.not_after)
        .limit(500)
    )
    return (await tx.execute(statement)).all()


async def note_expiry(tx: Tx, serial_number: str, threshold_days: int) -> bool:
    """Note that a certificate is told of at a threshold; False if it was before."""
    row = {"serial_number": serial_number[:64], "threshold_days": threshold_days, "told_at": clock.now()}
    return await bulk.insert_if_absent(tx, expiry_notices, [row]) != 0


# ---- registration tokens


async def add_token(tx: Tx, row: Mapping[str, Any]) -> None:
    """Record a registration token."""
    await tx.execute(sa.insert(registration_tokens).values(dict(row)))


async def get_token(tx: Tx, token_id: str, *conditions: sa.ColumnElement[bool]) -> Row:
    """A registration token. Raises RegistrationTokenNotFound unless the conditions hold."""
    statement = sa.select(registration_tokens).where(registration_tokens.c.id == token_id, *conditions)
    row = (await tx.execute(statement)).one_or_none()
    if row is None:
        raise RegistrationTokenNotFound(f"There is no registration token {token_id}.")
    return row


async def find_token_locked(tx: Tx, digest: str) -> Row | None:
    """The token with this hash, locked until the commit."""
    statement = sa.select(registration_tokens).where(registration_tokens.c.digest == digest)
    return (await tx.execute(bulk.locked(statement, tx))).one_or_none()


async def count_use(tx: Tx, token_id: str, by: int) -> None:
    """One use more, or one given back."""
    uses = registration_tokens.c.uses
    await tx.execute(sa.update(registration_tokens).where(registration_tokens.c.id == token_id).values(uses=uses + by))


async def revoke_token(tx: Tx, token_id: str, at: datetime) -> None:
    """The token lets nobody in any more."""
    statement = sa.update(registration_tokens).where(
        registration_tokens.c.id == token_id, registration_tokens.c.revoked_at.is_(None)
    )
    await tx.execute(statement.values(revoked_at=at))


async def add_enrolment(tx: Tx, row: Mapping[str, Any]) -> None:
    """A station came with a token."""
    await bulk.insert_if_absent(tx, enrolments, [row])


async def find_with_token_password(tx: Tx, station_ids: Collection[str]) -> Sequence[Row]:
    """Which of these stations have a registration token for a password still."""
    statement = sa.select(enrolments).where(enrolments.c.station_id.in_(station_ids), enrolments.c.rotated_at.is_(None))
    return (await tx.execute(statement)).all()


async def set_rotated(tx: Tx, station_id: str, at: datetime) -> None:
    """A station has a password of its own."""
    await tx.execute(sa.update(enrolments).where(enrolments.c.station_id == station_id).values(rotated_at=at))
