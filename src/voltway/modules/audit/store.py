"""All SQL of the audit module."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk
from voltway.kernel.database import Tx
from voltway.modules.audit.rules import NOTHING, End
from voltway.modules.audit.tables import entries, heads


async def lock_head(tx: Tx, operator_id: str) -> End:
    """Where an operator's chain ends; nobody else appends to it until the commit."""
    first = {"operator_id": operator_id, **NOTHING._asdict()}
    await bulk.insert_if_absent(tx, heads, [first])
    statement = sa.select(heads).where(heads.c.operator_id == operator_id)
    row = (await tx.execute(bulk.locked(statement, tx))).one()
    return End(row.number, row.hash, row.seal)


async def known_acts(tx: Tx, act_ids: Collection[str]) -> set[str]:
    """Which of these acts have entries already."""
    statement = sa.select(entries.c.act_id).where(entries.c.act_id.in_(sorted(act_ids)))
    return set((await tx.execute(statement)).scalars())


async def append(tx: Tx, operator_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add entries at the end of a chain; its head is locked."""
    last = rows[-1]
    await bulk.insert(tx, entries, rows)
    values = {name: last[name] for name in End._fields}
    await tx.execute(sa.update(heads).where(heads.c.operator_id == operator_id).values(**values))


async def head_of(tx: Tx, operator_id: str) -> End:
    """Where a chain ends, as its head says."""
    row = (await tx.execute(sa.select(heads).where(heads.c.operator_id == operator_id))).one_or_none()
    return NOTHING if row is None else End(row.number, row.hash, row.seal)


async def all_heads(tx: Tx) -> dict[str, End]:
    """The ends of all chains by operator."""
    rows = (await tx.execute(sa.select(heads))).all()
    return {row.operator_id: End(row.number, row.hash, row.seal) for row in rows}


async def after(
    tx: Tx, operator_id: str, number: int, limit: int, *conditions: sa.ColumnElement[bool]
) -> Sequence[Any]:
    """The entries of a chain after a number, in order."""
    statement = (
        sa.select(entries)
        .where(entries.c.operator_id == operator_id, entries.c.number > number, *conditions)
        .order_by(entries.c.number)
        .limit(limit)
    )
    return (await tx.execute(statement)).all()


async def hash_at(tx: Tx, operator_id: str, number: int) -> str | None:
    """The hash of one entry; None if there is none."""
    statement = sa.select(entries.c.hash).where(entries.c.operator_id == operator_id, entries.c.number == number)
    return (await tx.execute(statement)).scalar_one_or_none()
