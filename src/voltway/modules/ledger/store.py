"""SQL of the books: facts, postings, entries, balances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk
from voltway.kernel.chains import NOTHING, End
from voltway.kernel.database import Tx
from voltway.modules.ledger import rules
from voltway.modules.ledger.rules import Balance, Entry, Payment, Phase
from voltway.modules.ledger.tables import entries, facts, heads, postings, sessions

Row = sa.Row[Any]


# ---- facts


async def hear(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep facts that are not known yet."""
    await bulk.insert_if_absent(tx, facts, rows)


async def due_facts(tx: Tx, now: datetime, limit: int) -> Sequence[Row]:
    """Facts that are to be posted, in the order in which they were heard; locked in a transaction that writes."""
    statement = sa.select(facts).where(facts.c.due_at <= now).order_by(facts.c.id).limit(limit)
    return (await tx.execute(bulk.locked(statement, tx) if tx.is_writing else statement)).all()


async def set_due(tx: Tx, fact_ids: Collection[str], due_at: datetime | None) -> None:
    """When facts are to be posted; None: they are."""
    if fact_ids:
        await tx.execute(sa.update(facts).where(facts.c.id.in_(sorted(fact_ids))).values(due_at=due_at))


async def places_of(tx: Tx, session_ids: Collection[str]) -> dict[str, tuple[str | None, int]]:
    """Session -> its location and its energy (Wh)."""
    statement = sa.select(sessions).where(sessions.c.session_id.in_(sorted(session_ids)))
    return {row.session_id: (row.location_id, row.energy_wh) for row in (await tx.execute(statement)).all()}


# ---- the chain


async def lock_head(tx: Tx, operator_id: str) -> End:
    """Where an operator's chain ends; nobody else posts until the commit."""
    await bulk.insert_if_absent(tx, heads, [{"operator_id": operator_id, **NOTHING._asdict()}])
    statement = sa.select(heads).where(heads.c.operator_id == operator_id)
    row = (await tx.execute(bulk.locked(statement, tx))).one()
    return End(row.number, row.hash, row.seal)


async def append(tx: Tx, operator_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add postings, each with its `entries` as lists, at the end of a chain whose head is locked."""
    lines = [
        dict(zip(("debit", "credit", "amount_minor", "currency", "phase"), entry, strict=True))
        | {"operator_id": operator_id, "number": row["number"], "line": line, "posted_at": row["posted_at"]}
        for row in rows
        for line, entry in enumerate(row["entries"], 1)
    ]
    await bulk.insert(tx, postings, [{name: row[name] for name in row if name != "entries"} for row in rows])
    await bulk.insert(tx, entries, lines)
    values = {name: rows[-1][name] for name in End._fields}
    await tx.execute(sa.update(heads).where(heads.c.operator_id == operator_id).values(**values))


async def head_of(tx: Tx, operator_id: str) -> End:
    """Where a chain ends, as its head says."""
    row = (await tx.execute(sa.select(heads).where(heads.c.operator_id == operator_id))).one_or_none()
    return NOTHING if row is None else End(row.number, row.hash, row.seal)


async def operators_with_books(tx: Tx) -> dict[str, End]:
    """The ends of all chains by operator."""
    return {row.operator_id: End(row.number, row.hash, row.seal) for row in (await tx.execute(sa.select(heads))).all()}


async def hash_at(tx: Tx, operator_id: str, number: int) -> str | None:
    """The hash of one posting; None if there is none."""
    statement = sa.select(postings.c.hash).where(postings.c.operator_id == operator_id, postings.c.number == number)
    return (await tx.execute(statement)).scalar_one_or_none()


async def after(tx: Tx, operator_id: str, number: int, limit: int) -> list[dict[str, Any]]:
    """The postings of a chain after a number, in order, as they are hashed."""
    statement = (
        sa.select(postings)
        .where(postings.c.operator_id == operator_id, postings.c.number > number)
        .order_by(postings.c.number)
        .limit(limit)
    )
    rows = (await tx.execute(statement)).all()
    found = await entries_of(tx, operator_id, [row.number for row in rows])
    return [{**row._mapping, "entries": [rules.as_list(entry) for entry in found[row.number]]} for row in rows]


# ---- what is known of payments and CDRs


async def known_keys(tx: Tx, operator_id: str, keys: Collection[str]) -> set[str]:
    """Which of these facts are posted."""
    statement = sa.select(postings.c.fact_key).where(
        postings.c.operator_id == operator_id, postings.c.fact_key.in_(sorted(keys))
    )
    return set((await tx.execute(statement)).scalars())


async def entries_of(tx: Tx, operator_id: str, numbers: Collection[int]) -> dict[int, list[Entry]]:
    """The entries of postings, in their order."""
    statement = (
        sa.select(entries)
        .where(entries.c.operator_id == operator_id, entries.c.number.in_(sorted(numbers)))
        .order_by(entries.c.number, entries.c.line)
    )
    found: dict[int, list[Entry]] = defaultdict(list)
    for row in (await tx.execute(statement)).all():
        found[row.number].append(Entry(row.debit, row.credit, row.amount_minor, row.currency, Phase(row.phase)))
    return found


async def payments_of(tx: Tx, operator_id: str, payment_ids: Collection[str]) -> dict[tuple[str, str], Payment]:
    """What is held of payments: (payment, currency) -> it."""
    found: dict[tuple[str, str], Payment] = defaultdict(Payment)
    kinds = ("PaymentHeld", "HoldReleased", "PaymentCaptured")
    statement = sa.select(postings).where(
        postings.c.operator_id == operator_id,
        postings.c.payment_id.in_(sorted(payment_ids)),
        postings.c.kind.in_(kinds),
    )
    rows = (await tx.execute(statement)).all()
    lines = await entries_of(tx, operator_id, [row.number for row in rows])
    for row in rows:
        amount = row.document["amount"]
        payment = found[row.payment_id, amount["currency"]]
        payment.note(row.kind, row.document.get("hold_id"), amount["minor"])
        for entry in lines[row.number]:
            if entry.phase is not Phase.POSTED:
                payment.pending += entry.minor * (1 if entry.phase is Phase.PENDING else -1)
    return found


async def captures(tx: Tx, operator_id: str, capture_ids: Collection[str]) -> dict[str, bool]:
    """Which captures are posted, and whether their fee was with them."""
    keys = sorted(f"captured:{capture_id}" for capture_id in capture_ids)
    statement = sa.select(postings.c.document).where(
        postings.c.operator_id == operator_id, postings.c.fact_key.in_(keys)
    )
    found = (await tx.execute(statement)).scalars().all()
    return {document["capture_id"]: document.get("fee") is not None for document in found}


async def priced(tx: Tx, operator_id: str, cdr_ids: Collection[str]) -> dict[str, tuple[str | None, list[Entry]]]:
    """What CDRs were posted as: CDR -> its location and its entries."""
    statement = sa.select(postings.c.cdr_id, postings.c.number, postings.c.location_id).where(
        postings.c.operator_id == operator_id,
        postings.c.cdr_id.in_(sorted(cdr_ids)),
        postings.c.kind == "SessionPriced",
    )
    rows = (await tx.execute(statement)).all()
    lines = await entries_of(tx, operator_id, [row.number for row in rows])
    return {row.cdr_id: (row.location_id, lines[row.number]) for row in rows}


# ---- balances


async def balances(tx: Tx, is_seen: sa.ColumnElement[bool], at: datetime | None) -> list[Balance]:
    """All accounts with what they hold, by what was posted until an instant (included)."""
    sums = []
    for account in (entries.c.debit, entries.c.credit):
        statement = (
            sa.select(account, entries.c.currency, entries.c.phase, sa.func.sum(entries.c.amount_minor))
            .where(is_seen)
            .group_by(account, entries.c.currency, entries.c.phase)
        )
        if at is not None:
            statement = statement.where(entries.c.posted_at <= at)
        rows = (await tx.execute(statement)).all()
        sums.append([(name, currency, phase, int(minor)) for name, currency, phase, minor in rows])
    return rules.balances(*sums)
