"""All SQL of the billing module."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from voltway.charging.pricing import Cost, Tariff
from voltway.contracts.billing import TariffsAssigned
from voltway.contracts.ledger import PricedSession
from voltway.contracts.sessions import SessionEnded
from voltway.kernel import bulk, clock
from voltway.kernel.auth import Principal, visible
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.kernel.json import to_json, to_struct
from voltway.kernel.money import Money
from voltway.modules.billing.errors import TariffNotFound
from voltway.modules.billing.rules import EVSE, LOCATION, OPERATOR, STATION, Target
from voltway.modules.billing.tables import assignments, cdrs, credits, tariffs


class AssignedRow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A tariff and where it holds."""

    operator_id: str
    kind: str
    target_id: str
    document: str


_ASSIGNED = bulk.HotSelect(
    [assignments.c.operator_id, assignments.c.kind, assignments.c.target_id, tariffs.c.document],
    AssignedRow,
    {"operator_ids": assignments.c.operator_id, "target_ids": assignments.c.target_id},
    tariffs.c.id == assignments.c.tariff_id,
)


@lru_cache(maxsize=1024)
def _tariff(document: str) -> Tariff:
    return to_struct(document, Tariff)


async def find_assigned(
    tx: Tx, operator_ids: Iterable[str], target_ids: Iterable[str]
) -> dict[tuple[str, str, str], Tariff]:
    """The tariffs assigned to these targets: (operator id, kind, target id) -> tariff."""
    parameters = {"operator_ids": list(operator_ids), "target_ids": list(target_ids)}
    rows = await _ASSIGNED.fetch(tx, parameters)
    return {(row.operator_id, row.kind, row.target_id): _tariff(row.document) for row in rows}


class Sight(NamedTuple):
    """Which tariffs a caller sees, and which of their assignments."""

    tariffs: sa.ColumnElement[bool]
    assignments: sa.ColumnElement[bool]


def sight(principal: Principal, station_ids: Collection[str]) -> Sight:
    """Who is bound to locations sees the tariffs that are assigned there: to a location, to one of its stations (whose ids
    are given), or to the whole operator."""
    of_tariffs, of_assignments = visible(principal, tariffs), visible(principal, assignments)
    if principal.location_ids is None:
        return Sight(of_tariffs, of_assignments)
    kind, target_id = assignments.c.kind, assignments.c.target_id
    is_here = sa.or_(
        kind == OPERATOR,
        sa.and_(kind == LOCATION, target_id.in_(sorted(principal.location_ids))),
        # An EVSE's id begins with its station's, which has 36 characters.
        sa.and_(kind.in_((STATION, EVSE)), sa.func.substr(target_id, 1, 36).in_(sorted(station_ids))),
    )
    of_assignments = sa.and_(of_assignments, is_here)
    return Sight(
        sa.and_(of_tariffs, tariffs.c.id.in_(sa.select(assignments.c.tariff_id).where(of_assignments))), of_assignments
    )


async def get_tariff(tx: Tx, tariff_id: str, is_seen: sa.ColumnElement[bool]) -> Tariff:
    """A tariff. Raises TariffNotFound."""
    statement = sa.select(tariffs.c.document).where(is_seen, tariffs.c.id == tariff_id)
    document = (await tx.execute(statement)).scalar_one_or_none()
    if document is None:
        raise TariffNotFound(f"There is no tariff {tariff_id}.")
    return _tariff(document)


async def get_row(tx: Tx, tariff_id: str, is_seen: sa.ColumnElement[bool]) -> Any:
    """A tariff's row. Raises TariffNotFound."""
    row = (await tx.execute(sa.select(tariffs).where(is_seen, tariffs.c.id == tariff_id))).one_or_none()
    if row is None:
        raise TariffNotFound(f"There is no tariff {tariff_id}.")
    return row


async def latest_of_family(tx: Tx, operator_id: str, family_id: str) -> Any:
    """The newest version of a tariff, locked until the commit: versions are made one after the other."""
    of_family = sa.or_(tariffs.c.id == family_id, tariffs.c.family_id == family_id)
    statement = sa.select(tariffs).where(tariffs.c.operator_id == operator_id, of_family)
    rows = (await tx.execute(bulk.locked(statement, tx))).all()
    return max(rows, key=lambda row: row.version)


async def take_over(tx: Tx, operator_id: str, family_id: str, tariff_id: str) -> None:
    """Let a version have what the others of its family are assigned to."""
    others = sa.select(tariffs.c.id).where(sa.or_(tariffs.c.id == family_id, tariffs.c.family_id == family_id))
    theirs = (assignments.c.operator_id == operator_id, assignments.c.tariff_id.in_(others))
    await tx.execute(sa.update(assignments).where(*theirs).values(tariff_id=tariff_id))
    await tx.execute(sa.update(tariffs).where(tariffs.c.id == tariff_id).values(takes_over_at=None))
    tx.publish(TariffsAssigned(operator_id=operator_id, at=clock.now()))


async def due_versions(tx: Tx, now: datetime) -> Sequence[Any]:
    """Versions whose time has come, the oldest first."""
    statement = sa.select(tariffs).where(tariffs.c.takes_over_at <= now)
    return (await tx.execute(statement.order_by(tariffs.c.takes_over_at, tariffs.c.version))).all()


async def add_tariff(
    tx: Tx,
    operator_id: str,
    tariff: Tariff,
    *,
    ocpi: dict[str, Any] | None = None,
    family_id: str | None = None,
    takes_over_at: datetime | None = None,
) -> None:
    """Add a tariff, or a version of one."""
    row = {
        "ocpi": ocpi,
        "family_id": family_id,
        "takes_over_at": takes_over_at,
        "id": tariff.tariff_id,
        "operator_id": operator_id,
        "version": tariff.version,
        "name": tariff.name,
        "currency": tariff.currency,
        "document": to_json(tariff),
        "created_at": clock.now(),
    }
    await bulk.insert(tx, tariffs, [row])


async def assign(tx: Tx, operator_id: str, tariff_id: str, targets: Sequence[Target]) -> None:
    """Let a tariff hold for exactly these targets; one that another tariff had moves to this one."""
    ours = assignments.c.operator_id == operator_id
    await tx.execute(sa.delete(assignments).where(ours, assignments.c.tariff_id == tariff_id))
    rows = [
        {"operator_id": operator_id, "kind": kind, "target_id": target_id, "tariff_id": tariff_id}
        for kind, target_id in dict.fromkeys(targets)
    ]
    await bulk.upsert(tx, assignments, rows, key=("operator_id", "kind", "target_id"), update=("tariff_id",))
    tx.publish(TariffsAssigned(operator_id=operator_id, at=clock.now()))


async def targets_of(tx: Tx, tariff_ids: Sequence[str], is_seen: sa.ColumnElement[bool]) -> dict[str, list[Target]]:
    """What each tariff is assigned to."""
    found: dict[str, list[Target]] = {tariff_id: [] for tariff_id in tariff_ids}
    statement = (
        sa.select(assignments)
        .where(is_seen, assignments.c.tariff_id.in_(tariff_ids))
        .order_by(assignments.c.kind, assignments.c.target_id)
    )
    for row in (await tx.execute(statement)).all():
        found[row.tariff_id].append((row.kind, row.target_id))
    return found


async def add_cdrs(
    tx: Tx, priced: Sequence[tuple[SessionEnded, Cost]], replaces: str | None = None
) -> list[tuple[str, SessionEnded, Cost]]:
    """Make a CDR for each session that has none; (CDR id, session, cost) of those made now. `replaces`: the CDR in whose place a
    single one is made."""
    once: dict[str, tuple[SessionEnded, Cost]] = {}
    for session, cost in priced:
        once.setdefault(session.session_id, (session, cost))
    mine = [(new_id(), session, cost) for session, cost in once.values()]
    now = clock.now()
    rows = [
        {
            "id": cdr_id,
            "operator_id": session.operator_id,
            "session_id": session.session_id,
            "once_key": replaces or session.session_id,
            "replaces_cdr_id": replaces,
            "station_id": session.station_id,
            "location_id": session.location_id,
            "id_token": session.id_token,
            "started_at": session.started_at,
            "ended_at": session.ended_at,
            "energy_wh": session.energy_wh,
            "tariff_id": session.tariff.tariff_id if session.tariff else "",
            "incl_vat_minor": cost.incl_vat.minor,
            "excl_vat_minor": cost.excl_vat.minor,
            "currency": cost.incl_vat.currency,
            "cost": to_json(cost),
            "created_at": now,
        }
        for cdr_id, session, cost in mine
    ]
    await bulk.insert_if_absent(tx, cdrs, rows)
    # Asked after the insert, which waits for whoever makes the same CDR: of two at once, one finds its own here.
    ids = [cdr_id for cdr_id, _, _ in mine]
    made = set((await tx.execute(sa.select(cdrs.c.id).where(cdrs.c.id.in_(ids)))).scalars())
    return [each for each in mine if each[0] in made]


async def priced_between(tx: Tx, operator_id: str, since: datetime, until: datetime) -> list[PricedSession]:
    """An operator's CDRs that were made in this time (`until` excluded)."""
    statement = sa.select(cdrs.c.id, cdrs.c.session_id, cdrs.c.incl_vat_minor, cdrs.c.currency).where(
        cdrs.c.operator_id == operator_id, cdrs.c.created_at >= since, cdrs.c.created_at < until
    )
    return [
        PricedSession(session_id=row.session_id, cdr_id=row.id, amount=Money(row.incl_vat_minor, row.currency))
        for row in (await tx.execute(statement)).all()
    ]


async def revenue_since(tx: Tx, operator_id: str, since: datetime) -> list[Money]:
    """The sum of CDRs since an instant, incl. VAT, by currency; those that were taken back are left out."""
    statement = (
        sa.select(cdrs.c.currency, sa.func.sum(cdrs.c.incl_vat_minor).label("minor"))
        .where(
            cdrs.c.operator_id == operator_id,
            cdrs.c.ended_at >= since,
            cdrs.c.id.not_in(sa.select(credits.c.cdr_id).where(credits.c.operator_id == operator_id)),
        )
        .group_by(cdrs.c.currency)
        .order_by(cdrs.c.currency)
    )
    rows: Sequence[Any] = (await tx.execute(statement)).all()
    return [Money(int(row.minor), row.currency) for row in rows]
