"""Making documents: an order is taken, numbered, written and sent in one transaction, or in none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import structlog

from voltway.contracts.billing import SessionCredited, SessionPriced
from voltway.contracts.sessions import FindSessionDetails
from voltway.contracts.stations import DescribeLocation
from voltway.kernel import clock
from voltway.kernel.database import Tx, is_conflict
from voltway.kernel.ids import new_id
from voltway.kernel.json import to_json, to_struct
from voltway.kernel.runtime import Runtime
from voltway.modules.documents import mailing, rules, store
from voltway.modules.documents.settings import DocumentsSettings
from voltway.modules.documents.snapshot import Address, Bank, Buyer, Charge, Credited, Kind, Seller, Snapshot

log = structlog.get_logger()

CHARGE, CREDIT = "charge", "credit"
RETRY_S, RETRY_S_MAX = 5, 3600


async def work(runtime: Runtime) -> None:
    """Job: make what is ordered. An order that fails is tried again later, and holds up no other."""
    async with runtime.database.read() as tx:
        due = await store.due_orders(tx, runtime.settings(DocumentsSettings).orders_per_round)
    for order in due:
        try:
            is_done = await (_make_charge if order.kind == CHARGE else _make_credit)(runtime, order)
        except Exception as error:
            tell = log.info if is_conflict(error) else log.error  # another process was first: the next round will do
            tell("document.not_made", order=order.id, attempts=order.attempts, exc_info=error)
            is_done = False
        if not is_done:
            wait_s = min(RETRY_S * 2 ** min(order.attempts, 20), RETRY_S_MAX)
            async with runtime.database.begin() as tx:
                due_at = clock.now() + timedelta(seconds=wait_s)
                await store.postpone_order(tx, order.id, order.attempts + 1, due_at)


async def _make_charge(runtime: Runtime, order: Any) -> bool:
    """A session has its price: write a receipt or an invoice, or let it wait for the month's."""
    event = to_struct(order.body, SessionPriced)
    question = FindSessionDetails(operator_id=order.operator_id, session_id=event.session_id)
    details = await runtime.ask_or(question, None)
    location_id = None if details is None else details.location_id
    place = None
    if location_id is not None:
        where = DescribeLocation(operator_id=order.operator_id, location_id=location_id)
        place = await runtime.ask_or(where, None)
    payer_id = None if details is None else details.user_id
    async with runtime.database.begin() as tx:
        if not await store.take_order(tx, order.id):
            return True
        entity = await store.entity_for(tx, order.operator_id, location_id)
        customer = await store.find_customer(tx, order.operator_id, payer_id, event.id_token_id)
        charge = rules.charge_of(event.cdr_id, event.session_id, event.cost, details, place, entity.time_zone)
        row = {
            "cdr_id": event.cdr_id,
            "operator_id": order.operator_id,
            "session_id": event.session_id,
            "location_id": location_id,
            "entity_id": entity.id,
            "customer_id": None if customer is None else customer.id,
            "payer_id": payer_id,
            "charge": to_json(charge),
            "ended_at": charge.ended_at or event.at,
            "document_id": None,
            "is_credited": False,
        }
        if await store.find_charge(tx, order.operator_id, event.cdr_id) is not None:
            return True
        await store.add_charge(tx, row)
        if customer is None or customer.cadence == "session":
            origin = f"charge:{event.cdr_id}"
            await issue_charges(tx, runtime, entity, customer, [SimpleNamespace(**row)], origin=origin)
    return True


async def _make_credit(runtime: Runtime, order: Any) -> bool:
    """A CDR is taken back: credit the document that it stands on, or strike it from what waits for the month's invoice."""
    event = to_struct(order.body, SessionCredited)
    async with runtime.database.begin() as tx:
        row = await store.find_charge(tx, order.operator_id, event.cdr_id)
        if row is None:
            return False  # its own document is not made yet
        if not await store.take_order(tx, order.id) or row.is_credited:
            return True
        await store.change_charges(tx, [event.cdr_id], is_credited=True)
        if row.document_id is None:
            return True
        credited = await store.get_document(tx, row.document_id)
        entity = await store.get_entity(tx, order.operator_id, row.entity_id)
        reference = Credited(
            document_id=credited.id,
            kind=Kind(credited.kind),
            number=credited.number,
            issued_at=credited.issued_at,
            cause=event.reason,
        )
        before = to_struct(credited.snapshot, Snapshot)
        charge = to_struct(row.charge, Charge)
        await issue(
            tx,
            runtime,
            entity,
            Kind.CREDIT_NOTE,
            {
                "origin": f"credit:{event.credit_id}",
                "credits_id": credited.id,
                "session_id": row.session_id,
                "location_id": row.location_id,
                "payer_id": credited.payer_id,
                "customer_id": credited.customer_id,
            },
            locale=before.locale,
            buyer=before.buyer,
            charges=(charge,),
            credited=reference,
        )
    return True


async def issue_charges(
    tx: Tx,
    runtime: Runtime,
    entity: Any,
    customer: Any,
    rows: Sequence[Any],
    *,
    origin: str,
    period: tuple[datetime, datetime] | None = None,
) -> None:
    """A receipt, or for a customer an invoice, of charges in one currency."""
    account = await store.find_account(tx, entity.operator_id, rows[0].payer_id)
    is_one = len(rows) == 1
    wanted = customer.locale if customer is not None else account.locale if account is not None else entity.locale
    made = await issue(
        tx,
        runtime,
        entity,
        Kind.RECEIPT if customer is None else Kind.INVOICE,
        {
            "origin": origin,
            "session_id": rows[0].session_id if is_one else None,
            "location_id": rows[0].location_id if len({row.location_id for row in rows}) == 1 else None,
            "payer_id": rows[0].payer_id if customer is None else customer.account_id,
            "customer_id": None if customer is None else customer.id,
        },
        locale=rules.language_of(wanted),
        buyer=None if customer is None else buyer_of(customer),
        charges=tuple(to_struct(row.charge, Charge) for row in rows),
        due_days=None if customer is None else entity.due_days,
        period=period,
    )
    await store.change_charges(tx, [row.cdr_id for row in rows], document_id=made.id)


async def issue(
    tx: Tx,
    runtime: Runtime,
    entity: Any,
    kind: Kind,
    row: dict[str, Any],
    *,
    locale: str,
    buyer: Buyer | None = None,
    charges: tuple[Charge, ...] = (),
    due_days: int | None = None,
    period: tuple[datetime, datetime] | None = None,
    credited: Credited | None = None,
) -> Any:
    """Number a document, write it and have it sent; its row."""
    currency = charges[0].cost.incl_vat.currency
    parts = rules.vat_parts([charge.cost for charge in charges])
    now = clock.now()
    snapshot = Snapshot(
        kind=kind,
        number="",
        issued_at=now,
        locale=locale,
        time_zone=entity.time_zone,
        currency=currency,
        seller=seller_of(entity),
        buyer=buyer,
        period_start_at=None if period is None else period[0],
        period_end_at=None if period is None else period[1],
        due_at=None if due_days is None else now + timedelta(days=due_days),
        charges=charges,
        vat_parts=parts,
        excl_vat=rules.total((part.excl_vat for part in parts), currency),
        vat=rules.total((part.vat for part in parts), currency),
        incl_vat=rules.total((charge.cost.incl_vat for charge in charges), currency),
        credited=credited,
    )
    return await number_and_keep(tx, runtime, entity, row, snapshot)


async def number_and_keep(tx: Tx, runtime: Runtime, entity: Any, row: dict[str, Any], snapshot: Snapshot) -> Any:
    """Give a document its number, write it, and have it sent to whom it is for; its row."""
    year = snapshot.issued_at.astimezone(ZoneInfo(entity.time_zone)).year
    number = await store.next_number(tx, entity.operator_id, entity.id, snapshot.kind, year)
    numbered = msgspec.structs.replace(
        snapshot, number=rules.number_of(entity.number_prefix, snapshot.kind, year, number)
    )
    whole = {
        "id": new_id(),
        "operator_id": entity.operator_id,
        "entity_id": entity.id,
        "series_year": year,
        "series_number": number,
        **dict.fromkeys(("session_id", "location_id", "credits_id", "payer_id", "customer_id", "sent_at")),
        **row,
    }
    made = SimpleNamespace(**await store.add_document(tx, whole, numbered))
    if snapshot.kind is not Kind.RECEIPT or runtime.settings(DocumentsSettings).sends_receipts:
        await mailing.send(tx, runtime, made, snapshot.seller.name)
    return made


def seller_of(entity: Any) -> Seller:
    """A legal entity as documents show it."""
    same = ("name", "vat_id", "tax_number", "register_entry", "email", "phone", "website", "footer")
    return Seller(
        entity_id=entity.id,
        address=Address(**(entity.address or {})),
        bank=None if not entity.bank else Bank(**entity.bank),
        **{name: getattr(entity, name) for name in same},
    )


def buyer_of(customer: Any) -> Buyer:
    """A customer as documents show it."""
    return Buyer(
        customer_id=customer.id,
        name=customer.name,
        address=Address(**(customer.address or {})),
        vat_id=customer.vat_id,
        reference=customer.reference,
    )
