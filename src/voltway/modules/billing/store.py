"""All SQL of the billing module."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa

from voltway.charging.pricing import Cost, Tariff
from voltway.contracts.sessions import SessionEnded
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.kernel.json import to_json, to_struct
from voltway.kernel.money import Money
from voltway.modules.billing.errors import TariffNotFound
from voltway.modules.billing.rules import Target
from voltway.modules.billing.tables import assignments, cdrs, tariffs


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


async def get_tariff(tx: Tx, operator_id: str, tariff_id: str) -> Tariff:
    """A tariff. Raises TariffNotFound."""
    statement = sa.select(tariffs.c.document).where(tariffs.c.operator_id == operator_id, tariffs.c.id == tariff_id)
    document = (await tx.execute(statement)).scalar_one_or_none()
    if document is None:
        raise TariffNotFound(f"There is no tariff {tariff_id}.")
    return _tariff(document)


async def add_tariff(tx: Tx, operator_id: str, tariff: Tariff) -> None:
    """Add a tariff."""
    row = {
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


async def targets_of(tx: Tx, operator_id: str, tariff_ids: Sequence[str]) -> dict[str, list[Target]]:
    """What each tariff is assigned to."""
    found: dict[str, list[Target]] = {tariff_id: [] for tariff_id in tariff_ids}
    statement = (
        sa.select(assignments)
        .where(assignments.c.operator_id == operator_id, assignments.c.tariff_id.in_(tariff_ids))
        .order_by(assignments.c.kind, assignments.c.target_id)
    )
    for row in (await tx.execute(statement)).all():
        found[row.tariff_id].append((row.kind, row.target_id))
    return found


async def add_cdrs(tx: Tx, priced: Sequence[tuple[SessionEnded, Cost]]) -> list[tuple[str, SessionEnded, Cost]]:
    """Make a CDR for each session that has none; (CDR id, session, cost) of those made now."""
    once: dict[str, tuple[SessionEnded, Cost]] = {}
    for session, cost in priced:
        once.setdefault(session.session_id, (session, cost))
    statement = sa.select(cdrs.c.session_id).where(cdrs.c.session_id.in_(list(once)))
    known = set((await tx.execute(statement)).scalars())
    made = [(new_id(), session, cost) for session, cost in once.values() if session.session_id not in known]
    now = clock.now()
    rows = [
        {
            "id": cdr_id,
            "operator_id": session.operator_id,
            "session_id": session.session_id,
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
        for cdr_id, session, cost in made
    ]
    await bulk.insert_if_absent(tx, cdrs, rows)
    return made


async def revenue_since(tx: Tx, operator_id: str, since: datetime) -> list[Money]:
    """The sum of CDRs since an instant, incl. VAT, by currency."""
    statement = (
        sa.select(cdrs.c.currency, sa.func.sum(cdrs.c.incl_vat_minor).label("minor"))
        .where(cdrs.c.operator_id == operator_id, cdrs.c.ended_at >= since)
        .group_by(cdrs.c.currency)
        .order_by(cdrs.c.currency)
    )
    rows: Sequence[Any] = (await tx.execute(statement)).all()
    return [Money(int(row.minor), row.currency) for row in rows]
