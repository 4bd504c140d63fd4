"""All SQL of the documents module."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk, clock
from voltway.kernel.auth import operators
from voltway.kernel.auth.tables import accounts
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.modules.documents import rules
from voltway.modules.documents.errors import CustomerNotFound, DocumentNotFound, EntityNotFound
from voltway.modules.documents.snapshot import Kind, Snapshot
from voltway.modules.documents.tables import (
    charges,
    closings,
    customer_tokens,
    customers,
    documents,
    entities,
    orders,
    payments,
    series,
)

# ---- legal entities


async def entity_for(tx: Tx, operator_id: str, location_id: str | None) -> Any:
    """The legal entity that sells at a location: the one that names it, else the default. An operator that has none gets one
    with its own name: a receipt is owed to a driver whatever is not filled in yet."""
    rows = await all_entities(tx, operator_id)
    named = next((row for row in rows if location_id is not None and location_id in (row.place_ids or ())), None)
    chosen = named or next((row for row in rows if row.is_default), None)
    return chosen if chosen is not None else await _first_entity(tx, operator_id)


async def all_entities(tx: Tx, operator_id: str) -> Sequence[Any]:
    """An operator's legal entities, the oldest first."""
    statement = sa.select(entities).where(entities.c.operator_id == operator_id).order_by(entities.c.id)
    return (await tx.execute(statement)).all()


async def _first_entity(tx: Tx, operator_id: str) -> Any:
    name = (await tx.execute(sa.select(operators.c.name).where(operators.c.id == operator_id))).scalar_one()
    now = clock.now()
    row = {
        "id": new_id(),
        "operator_id": operator_id,
        "name": name[:200],
        "address": {},
        "number_prefix": "VW",
        "locale": "en",
        "time_zone": "UTC",
        "due_days": 14,
        "is_default": True,
        "created_at": now,
        "changed_at": now,
    }
    await bulk.insert_if_absent(tx, entities, [row])
    mine = (entities.c.operator_id == operator_id, entities.c.number_prefix == "VW")
    statement = sa.select(entities).where(*mine)
    # Shared: whoever lost the race holds such a lock already, and two of them that ask for more wait for each other (MariaDB).
    shared = statement if tx.dialect == "sqlite" else statement.with_for_update(read=True)
    return (await tx.execute(shared)).one()


async def get_entity(tx: Tx, operator_id: str, entity_id: str) -> Any:
    """A legal entity. Raises EntityNotFound."""
    mine = (entities.c.id == entity_id, entities.c.operator_id == operator_id)
    row = (await tx.execute(bulk.locked(sa.select(entities).where(*mine), tx))).one_or_none()
    if row is None:
        raise EntityNotFound(f"There is no legal entity {entity_id}.")
    return row


async def has_documents(tx: Tx, entity_id: str) -> bool:
    """Whether an entity has numbered anything."""
    return (
        await tx.execute(sa.select(series.c.kind).where(series.c.entity_id == entity_id).limit(1))
    ).first() is not None


async def only_default(tx: Tx, operator_id: str, entity_id: str) -> None:
    """Let no other entity of the operator be the default."""
    others = (entities.c.operator_id == operator_id, entities.c.id != entity_id)
    await tx.execute(sa.update(entities).where(*others).values(is_default=False))


# ---- numbers and documents


async def next_number(tx: Tx, operator_id: str, entity_id: str, kind: Kind, year: int) -> int:
    """The next number of a series, which is held until the commit: whoever wants one of the same series waits for it."""
    key = {"entity_id": entity_id, "kind": kind.value, "year": year}
    mine = [series.c[name] == value for name, value in key.items()]
    raised = sa.update(series).where(*mine).values(last_number=series.c.last_number + 1)
    if (await tx.execute(raised)).rowcount == 0:  # the first of its year
        await bulk.insert_if_absent(tx, series, [{**key, "operator_id": operator_id, "last_number": 0}])
        await tx.execute(raised)
    number: int = (await tx.execute(sa.select(series.c.last_number).where(*mine))).scalar_one()
    return number


async def skip_numbers(tx: Tx, count: int, years: Collection[int]) -> None:
    """Leave out so many numbers in the series of these years; a series of an earlier year that may have gone on under a later
    one begins there beyond them."""
    known = (await tx.execute(sa.select(series.c.entity_id, series.c.kind, series.c.operator_id).distinct())).all()
    for year in years:
        rows = [{**row._mapping, "year": year, "last_number": 0} for row in known]
        if rows:
            await bulk.insert_if_absent(tx, series, rows)
    await tx.execute(
        sa.update(series).where(series.c.year.in_(sorted(years))).values(last_number=series.c.last_number + count)
    )


async def add_document(tx: Tx, row: Mapping[str, Any], snapshot: Snapshot) -> dict[str, Any]:
    """Keep a document; its row."""
    text = rules.text_of(snapshot)
    whole = {
        **row,
        "kind": snapshot.kind.value,
        "number": snapshot.number,
        "locale": snapshot.locale,
        "currency": snapshot.currency,
        "excl_vat_minor": snapshot.excl_vat.minor,
        "incl_vat_minor": snapshot.incl_vat.minor,
        "snapshot": text,
        "sha256": rules.sha256_of(text),
        "issued_at": snapshot.issued_at,
    }
    await bulk.insert(tx, documents, [whole])
    return whole


async def is_made(tx: Tx, operator_id: str, origin: str) -> bool:
    """Whether something led to a document already."""
    mine = (documents.c.operator_id == operator_id, documents.c.origin == origin)
    return (await tx.execute(sa.select(documents.c.id).where(*mine))).first() is not None


async def find_charge_document(tx: Tx, operator_id: str, session_id: str) -> Any | None:
    """The newest receipt or invoice of one session alone."""
    statement = (
        sa.select(documents.c.id, documents.c.kind, documents.c.number)
        .where(
            documents.c.operator_id == operator_id,
            documents.c.session_id == session_id,
            documents.c.kind.in_((Kind.RECEIPT.value, Kind.INVOICE.value)),
        )
        .order_by(documents.c.id.desc())
        .limit(1)
    )
    return (await tx.execute(statement)).one_or_none()


async def get_document(tx: Tx, document_id: str, *conditions: sa.ColumnElement[bool]) -> Any:
    """A document. Raises DocumentNotFound."""
    row = (await tx.execute(sa.select(documents).where(documents.c.id == document_id, *conditions))).one_or_none()
    if row is None:
        raise DocumentNotFound(f"There is no document {document_id}.")
    return row


async def mark_sent(tx: Tx, document_id: str) -> None:
    """A document was sent now."""
    await tx.execute(sa.update(documents).where(documents.c.id == document_id).values(sent_at=clock.now()))


async def issued_between(tx: Tx, entity_id: str, start: datetime, end: datetime) -> Sequence[Any]:
    """The documents of an entity's month that somebody gets a statement of, in their order."""
    statement = sa.select(documents).where(
        documents.c.entity_id == entity_id,
        documents.c.issued_at >= start,
        documents.c.issued_at < end,
        documents.c.kind != Kind.STATEMENT.value,
        sa.or_(documents.c.payer_id.is_not(None), documents.c.customer_id.is_not(None)),
    )
    return (await tx.execute(statement.order_by(documents.c.id))).all()


# ---- charges


async def add_charge(tx: Tx, row: Mapping[str, Any]) -> None:
    """Keep a charge, once."""
    await bulk.insert_if_absent(tx, charges, [row])


async def find_charge(tx: Tx, operator_id: str, cdr_id: str) -> Any:
    """A charge locked until the commit, or None."""
    mine = (charges.c.cdr_id == cdr_id, charges.c.operator_id == operator_id)
    return (await tx.execute(bulk.locked(sa.select(charges).where(*mine), tx))).one_or_none()


async def change_charges(tx: Tx, cdr_ids: Sequence[str], **values: Any) -> None:
    """Note what became of charges."""
    await tx.execute(sa.update(charges).where(charges.c.cdr_id.in_(cdr_ids)).values(**values))


async def waiting_charges(tx: Tx, entity_id: str, until: datetime) -> Sequence[Any]:
    """The charges of an entity that ended before an instant and stand on no document yet, by customer and time; locked."""
    statement = sa.select(charges).where(
        charges.c.entity_id == entity_id,
        charges.c.customer_id.is_not(None),
        charges.c.document_id.is_(None),
        charges.c.is_credited.is_(False),
        charges.c.ended_at < until,
    )
    ordered = statement.order_by(charges.c.customer_id, charges.c.ended_at, charges.c.cdr_id)
    return (await tx.execute(bulk.locked(ordered, tx))).all()


# ---- customers and payers


async def find_customer(tx: Tx, operator_id: str, account_id: str | None, id_token_id: str | None) -> Any:
    """Who is invoiced for a session: the customer of the token, else of the account; None: nobody, there is a receipt."""
    if id_token_id is not None:
        by_token = sa.select(customers).join(customer_tokens, customer_tokens.c.customer_id == customers.c.id)
        mine = (customer_tokens.c.id_token_id == id_token_id, customers.c.operator_id == operator_id)
        row = (await tx.execute(by_token.where(*mine))).first()
        if row is not None:
            return row
    if account_id is None:
        return None
    by_account = sa.select(customers).where(
        customers.c.account_id == account_id, customers.c.operator_id == operator_id
    )
    return (await tx.execute(by_account.order_by(customers.c.id))).first()


async def get_customer(tx: Tx, operator_id: str, customer_id: str) -> Any:
    """A customer. Raises CustomerNotFound."""
    mine = (customers.c.id == customer_id, customers.c.operator_id == operator_id)
    row = (await tx.execute(bulk.locked(sa.select(customers).where(*mine), tx))).one_or_none()
    if row is None:
        raise CustomerNotFound(f"There is no customer {customer_id}.")
    return row


async def tokens_of(tx: Tx, customer_ids: Sequence[str]) -> dict[str, list[str]]:
    """The tokens of customers."""
    table = customer_tokens
    statement = sa.select(table).where(table.c.customer_id.in_(customer_ids)).order_by(table.c.id_token_id)
    found: dict[str, list[str]] = {customer_id: [] for customer_id in customer_ids}
    for row in (await tx.execute(statement)).all():
        found[row.customer_id].append(row.id_token_id)
    return found


async def find_account(tx: Tx, operator_id: str, account_id: str | None) -> Any:
    """The account of a payer, or None."""
    if account_id is None:
        return None
    mine = (accounts.c.id == account_id, accounts.c.operator_id == operator_id)
    return (await tx.execute(sa.select(accounts).where(*mine))).one_or_none()


async def payments_of(tx: Tx, operator_id: str, session_ids: Sequence[str]) -> Sequence[Any]:
    """What was paid and given back for sessions, in the order of time."""
    if not session_ids:
        return ()
    mine = (payments.c.session_id.in_(session_ids), payments.c.operator_id == operator_id)
    return (await tx.execute(sa.select(payments).where(*mine).order_by(payments.c.at, payments.c.id))).all()


async def paid_between(tx: Tx, operator_id: str, payer_id: str, start: datetime, end: datetime) -> Sequence[Any]:
    """What an account paid and got back."""
    mine = (payments.c.payer_id == payer_id, payments.c.operator_id == operator_id)
    within = (payments.c.at >= start, payments.c.at < end)
    return (await tx.execute(sa.select(payments).where(*mine, *within).order_by(payments.c.at, payments.c.id))).all()


# ---- work


async def add_orders(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Have documents made, each once."""
    await bulk.insert_if_absent(tx, orders, rows)


async def due_orders(tx: Tx, count_max: int) -> Sequence[Any]:
    """What is to be made now, the oldest first."""
    statement = sa.select(orders).where(orders.c.due_at <= clock.now()).order_by(orders.c.due_at, orders.c.id)
    return (await tx.execute(statement.limit(count_max))).all()


async def take_order(tx: Tx, order_id: str) -> bool:
    """Whether an order is still there; it is gone with this transaction, for which other processes wait."""
    return (await tx.execute(sa.delete(orders).where(orders.c.id == order_id))).rowcount == 1


async def postpone_order(tx: Tx, order_id: str, attempts: int, due_at: datetime) -> None:
    """Try an order again later."""
    await tx.execute(sa.update(orders).where(orders.c.id == order_id).values(attempts=attempts, due_at=due_at))


async def closed_until(tx: Tx, operator_id: str, entity_id: str, first: datetime) -> datetime:
    """Up to when an entity's months are closed, locked; `first`: what it is where nobody has closed one yet."""
    row = {"entity_id": entity_id, "operator_id": operator_id, "closed_until": first}
    await bulk.insert_if_absent(tx, closings, [row])
    statement = sa.select(closings.c.closed_until).where(closings.c.entity_id == entity_id)
    found: datetime = (await tx.execute(bulk.locked(statement, tx))).scalar_one()
    return found


async def set_closed(tx: Tx, entity_id: str, until: datetime) -> None:
    """A month is closed."""
    await tx.execute(sa.update(closings).where(closings.c.entity_id == entity_id).values(closed_until=until))
