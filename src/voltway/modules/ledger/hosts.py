"""Site hosts: their agreements, what they get for a month, and how it is paid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import sqlalchemy as sa

from voltway.kernel import bulk, clock
from voltway.kernel.auth import Principal, visible
from voltway.kernel.database import Tx
from voltway.kernel.errors import NotFound
from voltway.kernel.ids import new_id
from voltway.kernel.money import Money
from voltway.modules.ledger import host_rules
from voltway.modules.ledger.errors import (
    AgreementTaken,
    AgreementTooLate,
    BatchNotFound,
    BatchNotInState,
    HostNotFound,
    MonthNotOver,
    NothingToPay,
    SamePerson,
    StatementClosed,
    StatementNotFound,
)
from voltway.modules.ledger.host_rules import Agreement, Sale, Statement
from voltway.modules.ledger.posting import Book
from voltway.modules.ledger.rules import HostPaid, HostStatementClosed
from voltway.modules.ledger.tables import agreements, batches, entries, hosts, postings, sessions, statements

Row = sa.Row[Any]
_MISSING: dict[sa.Table, type[NotFound]] = {
    hosts: HostNotFound,
    statements: StatementNotFound,
    batches: BatchNotFound,
}


async def get(tx: Tx, principal: Principal, table: sa.Table, row_id: str) -> Row:
    """A host, statement or batch of the caller's operator; locked in a transaction that writes. Raises HostNotFound, StatementNotFound,
    BatchNotFound."""
    statement = sa.select(table).where(visible(principal, table), table.c.id == row_id)
    row = (await tx.execute(bulk.locked(statement, tx) if tx.is_writing else statement)).one_or_none()
    if row is None:
        raise _MISSING[table](f"There is none with the id {row_id}.")
    return row


async def add(tx: Tx, table: sa.Table, row: dict[str, Any]) -> Row:
    """Add a row; as it stands then."""
    await bulk.insert(tx, table, [row])
    return (await tx.execute(sa.select(table).where(table.c.id == row["id"]))).one()


async def change(tx: Tx, table: sa.Table, row_id: str, **values: Any) -> Row:
    """Set columns of a row; as it stands then."""
    await tx.execute(sa.update(table).where(table.c.id == row_id).values(**values))
    return (await tx.execute(sa.select(table).where(table.c.id == row_id))).one()


async def add_agreement(tx: Tx, principal: Principal, values: dict[str, Any]) -> Row:
    """Add a version of an agreement. Raises HostNotFound, AgreementTooLate (the month is closed for a host), AgreementTaken."""
    await get(tx, principal, hosts, values["host_id"])
    closed = sa.select(sa.func.max(statements.c.month)).where(visible(principal, statements))
    last = (await tx.execute(closed)).scalar_one()
    if last is not None and values["valid_from"][:7] <= last:
        raise AgreementTooLate(f"{last} is closed: an agreement can begin in the next month.")
    row = {**values, "id": new_id(), "operator_id": principal.operator_id, "created_at": clock.now()}
    await bulk.insert_if_absent(tx, agreements, [row])
    found = (await tx.execute(sa.select(agreements).where(agreements.c.id == row["id"]))).one_or_none()
    if found is None:
        raise AgreementTaken(f"The location has an agreement from {values['valid_from']} on.")
    return found


async def _agreements(tx: Tx, operator_id: str) -> list[Agreement]:
    rows = (await tx.execute(sa.select(agreements).where(agreements.c.operator_id == operator_id))).all()
    return [
        Agreement(
            row.host_id,
            row.location_id,
            date.fromisoformat(row.valid_from),
            row.currency,
            Decimal(row.share_percent),
            row.fixed_minor,
            Decimal(row.energy_price),
        )
        for row in rows
    ]


async def _sales(tx: Tx, operator_id: str, month: str, locations: set[str]) -> list[Sale]:
    """What was posted for locations in a month: revenue is what the entries say, by the side it stands on."""
    start, end = host_rules.month_bounds(month)
    is_revenue = entries.c.credit.startswith("revenue:"), entries.c.debit.startswith("revenue:")
    net = sa.case((is_revenue[0], entries.c.amount_minor), (is_revenue[1], -entries.c.amount_minor), else_=0)
    statement = (
        sa.select(
            postings.c.number,
            postings.c.kind,
            postings.c.location_id,
            postings.c.posted_at,
            entries.c.currency,
            sessions.c.energy_wh,
            sa.func.sum(net).label("net"),
        )
        .select_from(
            postings.outerjoin(
                entries,
                sa.and_(entries.c.operator_id == postings.c.operator_id, entries.c.number == postings.c.number),
            ).outerjoin(sessions, sessions.c.session_id == postings.c.session_id)
        )
        .where(
            postings.c.operator_id == operator_id,
            postings.c.kind.in_(("SessionPriced", "SessionCredited")),
            postings.c.location_id.in_(sorted(locations)),
            postings.c.posted_at >= start,
            postings.c.posted_at < end,
        )
        .group_by(
            postings.c.number,
            postings.c.kind,
            postings.c.location_id,
            postings.c.posted_at,
            entries.c.currency,
            sessions.c.energy_wh,
        )
        .order_by(postings.c.number)
    )
    return [
        Sale(
            row.location_id,
            row.posted_at.date(),
            row.currency or "",
            int(row.net or 0),
            (row.energy_wh or 0) * (1 if row.kind == "SessionPriced" else -1),
        )
        for row in (await tx.execute(statement)).all()
    ]


async def reckon(tx: Tx, operator_id: str, host_id: str, month: str) -> list[Statement]:
    """What a host gets for a month by what is posted now, one statement for each currency of the agreements."""
    held = await _agreements(tx, operator_id)
    ours = {one.location_id for one in held if one.host_id == host_id}
    sales = await _sales(tx, operator_id, month, ours) if ours else []
    currencies = sorted({one.currency for one in held if one.host_id == host_id})
    # A free session has no entries, so no currency; its energy counts in that of the agreement.
    return [
        host_rules.settle(
            host_id, month, currency, held, [one if one.currency else one._replace(currency=currency) for one in sales]
        )
        for currency in currencies
    ]


async def close(tx: Tx, principal: Principal, book: Book, host_id: str, month: str) -> list[Row]:
    """Close a month for a host, and post what it gets. The books are open, so nothing else is posted meanwhile, and nothing will be in a month
    that is over. Raises MonthNotOver, StatementClosed."""
    await get(tx, principal, hosts, host_id)
    _, end = host_rules.month_bounds(month)
    if clock.now() < end:
        raise MonthNotOver(f"{month} ends at {end.isoformat()}.")
    already = sa.select(statements.c.id).where(
        visible(principal, statements), statements.c.host_id == host_id, statements.c.month == month
    )
    if (await tx.execute(already)).first() is not None:
        raise StatementClosed(f"{month} is closed for this host.")
    made = []
    for one in await reckon(tx, principal.operator_id, host_id, month):
        row = {
            "id": new_id(),
            "operator_id": principal.operator_id,
            "host_id": host_id,
            "month": month,
            "currency": one.currency,
            "total_minor": one.total_minor,
            "document": msgspec.to_builtins(one),
            "closed_at": clock.now(),
            "batch_id": None,
            "is_paid": False,
        }
        made.append(await add(tx, statements, row))
        await book.post(
            [
                HostStatementClosed(
                    operator_id=principal.operator_id,
                    at=clock.now(),
                    statement_id=str(row["id"]),
                    host_id=host_id,
                    share=one.total("share_minor"),
                    fixed=one.total("fixed_minor"),
                    energy=one.total("energy_minor"),
                )
            ]
        )
    return made


async def make_batch(tx: Tx, principal: Principal, statement_ids: Sequence[str]) -> Row:
    """A batch that pays statements, to be approved by somebody else. Raises StatementNotFound, NothingToPay."""
    payees = []
    batch_id = new_id()
    for statement_id in sorted(set(statement_ids)):
        row = await get(tx, principal, statements, statement_id)
        if row.batch_id is not None or row.is_paid or row.total_minor <= 0:
            raise NothingToPay(f"Statement {statement_id} is in another batch, or nothing is to be paid for it.")
        host = await get(tx, principal, hosts, row.host_id)
        payees.append(
            {
                "statement_id": row.id,
                "host_id": host.id,
                "name": host.name,
                "iban": host.iban,
                "bic": host.bic,
                "month": row.month,
                "minor": row.total_minor,
                "currency": row.currency,
            }
        )
        await change(tx, statements, row.id, batch_id=batch_id)
    if len({payee["currency"] for payee in payees}) != 1:
        raise NothingToPay("A batch pays in one currency.")
    now = clock.now()
    return await add(
        tx,
        batches,
        {
            "id": batch_id,
            "operator_id": principal.operator_id,
            "currency": payees[0]["currency"],
            "total_minor": sum(payee["minor"] for payee in payees),
            "state": "draft",
            "document": payees,
            "made_by": principal.id,
            "approved_by": None,
            "created_at": now,
            "changed_at": now,
        },
    )


def require(batch: Row, *states: str) -> None:
    """Raises BatchNotInState."""
    if batch.state not in states:
        raise BatchNotInState(f"The batch is {batch.state}.", state=batch.state)


async def approve(tx: Tx, principal: Principal, batch: Row) -> Row:
    """The second pair of eyes. Raises SamePerson."""
    require(batch, "draft")
    if batch.made_by == principal.id:
        raise SamePerson("Whoever made the batch does not approve it.")
    return await change(tx, batches, batch.id, state="approved", approved_by=principal.id, changed_at=clock.now())


async def reject(tx: Tx, batch: Row) -> Row:
    """Give a batch up that is not paid; its statements can be in another one."""
    require(batch, "draft", "approved")
    await tx.execute(sa.update(statements).where(statements.c.batch_id == batch.id).values(batch_id=None))
    return await change(tx, batches, batch.id, state="rejected", changed_at=clock.now())


async def pay(tx: Tx, book: Book, batch: Row) -> Row:
    """The bank has paid: post it."""
    require(batch, "approved")
    await book.post(
        [
            HostPaid(
                operator_id=batch.operator_id,
                at=clock.now(),
                batch_id=batch.id,
                statement_id=payee["statement_id"],
                host_id=payee["host_id"],
                amount=Money(payee["minor"], payee["currency"]),
            )
            for payee in batch.document
        ]
    )
    await tx.execute(sa.update(statements).where(statements.c.batch_id == batch.id).values(is_paid=True))
    return await change(tx, batches, batch.id, state="paid", changed_at=clock.now())
