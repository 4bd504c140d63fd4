"""The end of a month: invoices of customers who get one a month, and statements for everybody who had a document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.json import to_struct
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.documents import issuing, rules, store
from voltway.modules.documents.snapshot import Charge, Kind, Row, Settled, Snapshot
from voltway.modules.documents.tables import entities

GRACE = timedelta(hours=1)
"""So long after its end a month is closed: what was being written then has been."""


async def close_months(runtime: Runtime) -> None:
    """Job: close the months that are over, one transaction each."""
    async with runtime.database.read() as tx:
        found = (await tx.execute(sa.select(entities))).all()
    for entity in found:
        while await close_next(runtime, entity):
            pass


async def close_next(runtime: Runtime, entity: Any) -> bool:
    """Close an entity's oldest month that is over and open; whether there was one."""
    async with runtime.database.begin() as tx:
        first = rules.month_start(entity.created_at, entity.time_zone)
        start = (await store.closed_until(tx, entity.operator_id, entity.id, first)).astimezone(first.tzinfo)
        end = rules.next_month(start)
        if clock.now() < end + GRACE:
            return False
        entity = await store.get_entity(tx, entity.operator_id, entity.id)
        await _invoice(tx, runtime, entity, start, end)
        await _state(tx, runtime, entity, start, end)
        await store.set_closed(tx, entity.id, end)
    return True


async def _invoice(tx: Tx, runtime: Runtime, entity: Any, start: datetime, end: datetime) -> None:
    waiting = await store.waiting_charges(tx, entity.id, end)
    for customer_id, of_customer in groupby(waiting, key=lambda row: str(row.customer_id)):
        customer = await store.get_customer(tx, entity.operator_id, customer_id)
        for currency, rows in _by_currency(of_customer):
            origin = f"month:{customer.id}:{start:%Y-%m}:{currency}:{entity.id[-12:]}"
            await issuing.issue_charges(tx, runtime, entity, customer, rows, origin=origin, period=(start, end))


def _by_currency(rows: Iterable[Any]) -> list[tuple[str, list[Any]]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        charge = to_struct(row.charge, Charge)
        found.setdefault(charge.cost.incl_vat.currency, []).append(row)
    return sorted(found.items())


async def _state(tx: Tx, runtime: Runtime, entity: Any, start: datetime, end: datetime) -> None:
    """Statements of all that was issued in the month, per payer and currency. Monthly invoices are of the month that they bill,
    and stand on the statement of the month in which they were written."""
    whose: dict[tuple[str, str, str], list[Any]] = {}
    for row in await store.issued_between(tx, entity.id, start, end):
        key = ("customer", row.customer_id) if row.customer_id is not None else ("account", row.payer_id)
        whose.setdefault((*key, row.currency), []).append(row)
    for (what, who, currency), rows in sorted(whose.items()):
        origin = f"statement:{who}:{start:%Y-%m}:{currency}:{entity.id[-12:]}"
        snapshot = await _statement(tx, entity, what, who, rows, start, end)
        to = {"payer_id" if what == "account" else "customer_id": who}
        if what == "customer":
            customer = await store.get_customer(tx, entity.operator_id, who)
            to["payer_id"] = customer.account_id
        await issuing.number_and_keep(tx, runtime, entity, {"origin": origin, **to}, snapshot)


async def _statement(
    tx: Tx, entity: Any, what: str, who: str, documents: Sequence[Any], start: datetime, end: datetime
) -> Snapshot:
    currency = documents[0].currency
    account = await store.find_account(tx, entity.operator_id, who if what == "account" else None)
    paid = await store.paid_between(tx, entity.operator_id, who, start, end) if what == "account" else ()
    sign = [-1 if row.kind == Kind.CREDIT_NOTE else 1 for row in documents]
    excl = sum(one * row.excl_vat_minor for one, row in zip(sign, documents, strict=True))
    incl = sum(one * row.incl_vat_minor for one, row in zip(sign, documents, strict=True))
    return Snapshot(
        kind=Kind.STATEMENT,
        number="",
        issued_at=clock.now(),
        locale=rules.language_of(account.locale if account is not None else documents[-1].locale),
        time_zone=entity.time_zone,
        currency=currency,
        seller=issuing.seller_of(entity),
        period_start_at=start,
        period_end_at=end,
        excl_vat=Money(excl, currency),
        vat=Money(incl - excl, currency),
        incl_vat=Money(incl, currency),
        rows=tuple(_row(one, row) for one, row in zip(sign, documents, strict=True)),
        settled=tuple(
            Settled(
                at=row.at,
                method=row.method,
                amount=Money(row.amount_minor if row.kind == "captured" else -row.amount_minor, row.currency),
            )
            for row in paid
            if row.currency == currency
        ),
    )


def _row(sign: int, row: Any) -> Row:
    said = to_struct(row.snapshot, Snapshot)
    energies = [charge.energy_wh for charge in said.charges if charge.energy_wh is not None]
    places = {charge.location_name or charge.station_identity for charge in said.charges}
    return Row(
        issued_at=row.issued_at,
        kind=said.kind,
        number=row.number,
        location_name=places.pop() if len(places) == 1 else None,
        energy_wh=sign * sum(energies) if energies else None,
        amount=Money(sign * row.incl_vat_minor, row.currency),
    )
