"""What payment providers moved, by their own books: what the ledger is compared with.

The sandbox's books lie here. Others' are read by a job into a table, page by page, from where it stopped; an hour of what was read is
read again, since entries may appear late.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from voltway.contracts.ledger import FindProviderMovements, ProviderMovement, ProviderMovements
from voltway.contracts.money_facts import ProviderFeeBooked
from voltway.integrations.payments.port import KeepsBooks, Kind, Moved, Outcome
from voltway.kernel import bulk, clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.database import Tx
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.payments.providers.sandbox import Sandbox
from voltway.modules.payments.registry import providers_of
from voltway.modules.payments.tables import calls, movements, payments, readings, sandbox

log = structlog.get_logger()

_MEANT = {Kind.CAPTURE.value: "capture", Kind.CHARGE.value: "capture", Kind.REFUND.value: "refund"}
READ_BACK = timedelta(days=36)
"""So far back books are read at first: as far as a reconciliation looks."""
AGAIN = timedelta(hours=1)
LATE = timedelta(minutes=10)
"""A reading that ends so much before the time that is asked for is as good as one that reaches it."""


# ---- reading


async def read_books(runtime: Runtime) -> None:
    """A job: read on in the books of the providers that have some. What cannot be read now is read the next time."""
    for provider in providers_of(runtime).values():
        if not isinstance(provider, KeepsBooks):
            continue
        async with runtime.database.read() as tx:
            before = (await tx.execute(sa.select(readings).where(readings.c.provider == provider.name))).one_or_none()
        until = clock.now()
        since = until - READ_BACK if before is None else before.until - AGAIN
        try:
            async for page in provider.movements(since, until):
                async with runtime.database.begin() as tx:
                    await _keep(tx, provider.name, page)
        except Exception as error:
            log.warning("payments.books_not_read", provider=provider.name, error=repr(error)[:200])
            continue
        row = {"provider": provider.name, "since": since if before is None else before.since, "until": until}
        async with runtime.database.begin() as tx:
            await bulk.insert_if_absent(tx, readings, [row])
            mine = readings.c.provider == provider.name
            await tx.execute(sa.update(readings).where(mine).values(until=until))


async def _keep(tx: Tx, provider: str, page: Sequence[Moved]) -> None:
    """Keep entries, each with what it is of ours, and tell what was kept of captures. A refund or a payment that nobody here has
    asked for keeps its own id."""
    references = {moved.payment_reference for moved in page if moved.payment_reference is not None}
    statement = sa.select(payments.c.id, payments.c.operator_id, payments.c.reference)
    mine = (payments.c.provider == provider, payments.c.reference.in_(references))
    paid = {row.reference: row for row in (await tx.execute(statement.where(*mine))).all()}
    taking = sa.select(calls.c.id, calls.c.payment_id).where(
        calls.c.payment_id.in_([row.id for row in paid.values()]),
        calls.c.kind.in_((Kind.CAPTURE.value, Kind.CHARGE.value)),
    )
    captures = {row.payment_id: row.id for row in (await tx.execute(taking.order_by(calls.c.made_at))).all()}
    rows = []
    fees: dict[str, ProviderFeeBooked] = {}
    for moved in page:
        payment = paid.get(moved.payment_reference)
        if payment is None and moved.kind != "payout":
            continue  # none of ours
        rows.append(
            {
                "provider": provider,
                "id": moved.id,
                "operator_id": DEFAULT_OPERATOR_ID if payment is None else payment.operator_id,
                "kind": moved.kind,
                "subject": _subject(moved, payment, captures),
                "amount_minor": moved.amount.minor,
                "currency": moved.amount.currency,
                "fee_minor": moved.fee and moved.fee.minor,
                "fee_currency": moved.fee and moved.fee.currency,
                "moved_at": moved.at,
            }
        )
        if payment is not None and moved.kind == "capture" and moved.fee is not None and moved.fee.minor > 0:
            fees[moved.id] = ProviderFeeBooked(
                operator_id=payment.operator_id,
                at=moved.at,
                provider=provider,
                payment_id=payment.id,
                capture_id=_subject(moved, payment, captures),
                fee=moved.fee,
            )
    if rows:
        read = sa.select(movements.c.id).where(movements.c.provider == provider, movements.c.id.in_(sorted(fees)))
        seen = set((await tx.execute(read)).scalars()) if fees else set[str]()
        await bulk.insert_if_absent(tx, movements, rows)
        # Where two read a page at once it is told twice, which the ledger takes for one.
        tx.publish(*(fee for id_, fee in fees.items() if id_ not in seen))


def _subject(moved: Moved, payment: Any | None, captures: dict[str, str]) -> str:
    own = moved.thing_id or moved.id
    if moved.kind == "refund":
        return moved.key or own
    return captures.get(payment.id, own) if payment is not None else own


# ---- telling


async def find_provider_movements(runtime: Runtime, request: FindProviderMovements) -> ProviderMovements:
    """By the books that lie here. A provider is named if its books were read for all of the time: of others nothing is concluded."""
    async with runtime.database.read() as tx:
        told = [*await _of_sandbox(tx, request), *await _of_others(tx, request)]
        named = await _read_for(tx, request.since, request.until)
    return ProviderMovements(
        providers=(Sandbox.name, *named),
        movements=tuple(moved for moved in told if moved.provider in (Sandbox.name, *named)),
    )


async def _read_for(tx: Tx, since: datetime, until: datetime) -> Sequence[str]:
    whole = (readings.c.since <= since, readings.c.until >= until - LATE)
    return (await tx.execute(sa.select(readings.c.provider).where(*whole))).scalars().all()


async def _of_sandbox(tx: Tx, request: FindProviderMovements) -> list[ProviderMovement]:
    statement = (
        sa.select(sandbox)
        .join(calls, calls.c.id == sandbox.c.call_id)
        .where(
            calls.c.operator_id == request.operator_id,
            sandbox.c.outcome == Outcome.DONE.value,
            sandbox.c.kind.in_(list(_MEANT)),
            sandbox.c.done_at >= request.since,
            sandbox.c.done_at < request.until,
        )
        .order_by(sandbox.c.done_at, sandbox.c.call_id)
    )
    return [
        ProviderMovement(
            provider=Sandbox.name,
            kind=_MEANT[row.kind],
            reference=row.call_id,
            amount=Money(row.amount_minor, row.currency),
            at=row.done_at,
        )
        for row in (await tx.execute(statement)).all()
    ]


async def _of_others(tx: Tx, request: FindProviderMovements) -> list[ProviderMovement]:
    statement = (
        sa.select(movements)
        .where(
            movements.c.operator_id == request.operator_id,
            movements.c.moved_at >= request.since,
            movements.c.moved_at < request.until,
        )
        .order_by(movements.c.moved_at, movements.c.id)
    )
    return [
        ProviderMovement(
            provider=row.provider,
            kind=row.kind,
            reference=row.subject,
            amount=Money(row.amount_minor, row.currency),
            at=row.moved_at,
        )
        for row in (await tx.execute(statement)).all()
    ]
