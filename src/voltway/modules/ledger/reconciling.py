"""The daily reconciliation: session against ledger against provider, and the queue of what differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from voltway.contracts.ledger import FindPricedSessions, FindProviderMovements, PricedSession, ProviderMovements
from voltway.kernel import audit, bulk, clock
from voltway.kernel.bus.asks import AskTimedOut
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.ledger import reconciliation_rules as by_rule
from voltway.modules.ledger import store
from voltway.modules.ledger.reconciliation_rules import Difference, Kind
from voltway.modules.ledger.settings import LedgerSettings
from voltway.modules.ledger.tables import differences, facts, postings

log = structlog.get_logger()
_MOVED = {"PaymentCaptured": "capture", "PaymentRefunded": "refund", "ProviderPaidOut": "payout"}
_REFERENCE = {"PaymentCaptured": "capture_id", "PaymentRefunded": "refund_id", "ProviderPaidOut": "payout_id"}
_OWN = ("wallet", "invoice", "voucher")
"""What takes no money at a provider, so that no provider can say anything of it."""
_EDGE = timedelta(hours=1)
"""What is younger may still be on its way."""


async def work(runtime: Runtime) -> None:
    """A job: reconcile every operator's books, and tell the audit log where each ledger ends, which is a second place beside the anchor file."""
    async with runtime.database.read() as tx:
        ends = await store.operators_with_books(tx)
    for operator_id, end in ends.items():
        await reconcile(runtime, operator_id)
        async with runtime.database.begin() as tx:
            told = {"number": end.number, "end": end.hash}
            audit.note(
                tx, None, "ledger.reconciled", ("ledger", operator_id), operator_id=operator_id, by="ledger", after=told
            )


async def reconcile(runtime: Runtime, operator_id: str) -> list[Difference]:
    """Compare, and bring the queue to what is found."""
    settings, now = runtime.settings(LedgerSettings), clock.now()
    since, until = now - timedelta(days=settings.reconcile_days), now - _EDGE
    priced = await _priced(runtime, FindPricedSessions(operator_id=operator_id, since=since, until=until))
    moved = await _moved(runtime, FindProviderMovements(operator_id=operator_id, since=since, until=until))
    async with runtime.database.begin() as tx:
        rows = await _posted(tx, operator_id)
        found = [
            *_sessions(rows, priced, since, until),
            *_payments(rows, now - timedelta(days=settings.settle_days)),
            *await _holds(tx, operator_id, rows, now - timedelta(days=settings.settle_days)),
            *await _waiting(tx, operator_id, until),
            *_providers(rows, moved, since, until),
        ]
        await _bring_up(tx, operator_id, found, now, has_sessions=priced is not None, has_providers=moved is not None)
    return found


async def _priced(runtime: Runtime, ask: FindPricedSessions) -> list[PricedSession] | None:
    try:
        return await runtime.ask_or(ask, None)  # type: ignore[arg-type]  # None: nobody in this process knows
    except AskTimedOut:
        log.warning("ledger.sessions_not_asked", operator_id=ask.operator_id)
        return None


async def _moved(runtime: Runtime, ask: FindProviderMovements) -> ProviderMovements | None:
    try:
        return await runtime.ask_or(ask, None)  # type: ignore[arg-type]
    except AskTimedOut:
        log.warning("ledger.providers_not_asked", operator_id=ask.operator_id)
        return None


async def _posted(tx: Tx, operator_id: str) -> Sequence[Any]:
    columns = [postings.c[name] for name in ("number", "kind", "at", "session_id", "payment_id", "cdr_id", "document")]
    statement = sa.select(*columns).where(postings.c.operator_id == operator_id).order_by(postings.c.number)
    return (await tx.execute(statement)).all()


def _amount(row: Any, name: str = "amount") -> Money:
    found = row.document["cost"]["incl_vat"] if row.kind == "SessionPriced" else row.document[name]
    return Money(found["minor"], found["currency"])


def _sessions(
    rows: Sequence[Any], priced: list[PricedSession] | None, since: datetime, until: datetime
) -> Iterable[Difference]:
    """CDRs as billing has them against their postings. Those at the edge of the time are looked for in all of it."""
    if priced is None:
        return
    posted = {row.cdr_id: (_amount(row), row.at) for row in rows if row.kind == "SessionPriced"}
    theirs = {one.cdr_id: one.amount for one in priced}
    edge = _EDGE
    ours = {
        cdr_id: amount
        for cdr_id, (amount, at) in posted.items()
        if cdr_id in theirs or since + edge <= at < until - edge
    }
    yield from by_rule.compare(
        theirs, ours, missing=Kind.SESSION_NOT_POSTED, surplus=Kind.POSTED_WITHOUT_SESSION, other=Kind.SESSION_AMOUNT
    )


def _payments(rows: Sequence[Any], before: datetime) -> Iterable[Difference]:
    """What sessions cost against what was paid for them, once there was time to."""
    owed: dict[str, Money] = {}
    paid: dict[str, Money] = {}
    last: dict[str, datetime] = {}
    signs = {"SessionPriced": 1, "SessionCredited": -1, "PaymentCaptured": 1, "PaymentRefunded": -1}
    for row in rows:
        if row.session_id is None or row.kind not in signs:
            continue
        side = owed if row.kind.startswith("Session") else paid
        amount = _amount(row)
        so_far = side.get(row.session_id, Money(0, amount.currency))
        if so_far.currency == amount.currency:
            side[row.session_id] = Money(so_far.minor + signs[row.kind] * amount.minor, amount.currency)
        last[row.session_id] = max(row.at, last.get(row.session_id, row.at))
    yield from by_rule.unpaid({one: due for one, due in owed.items() if last[one] < before}, paid)


async def _holds(tx: Tx, operator_id: str, rows: Sequence[Any], before: datetime) -> list[Difference]:
    """Holds that nobody has let go."""
    last: dict[str, datetime] = {}
    for row in rows:
        if row.kind in ("PaymentHeld", "HoldReleased", "PaymentCaptured"):
            last[row.payment_id] = max(row.at, last.get(row.payment_id, row.at))
    old = {payment_id for payment_id, at in last.items() if at < before}
    known = await store.payments_of(tx, operator_id, old) if old else {}
    return [
        Difference(Kind.HOLD_OPEN, payment_id, None, Money(payment.pending, currency))
        for (payment_id, currency), payment in sorted(known.items())
        if payment.pending
    ]


async def _waiting(tx: Tx, operator_id: str, before: datetime) -> list[Difference]:
    """Facts that cannot be posted: what they need has not come."""
    statement = sa.select(facts.c.fact_key).where(
        facts.c.operator_id == operator_id, facts.c.due_at.is_not(None), facts.c.heard_at < before
    )
    return [Difference(Kind.FACT_WAITING, key, None, None) for key in (await tx.execute(statement)).scalars()]


def _providers(
    rows: Sequence[Any], moved: ProviderMovements | None, since: datetime, until: datetime
) -> Iterable[Difference]:
    """What the ledger says that providers moved against what they say."""
    if moved is None:
        return
    posted: dict[str, tuple[Money, datetime]] = {}
    for row in rows:
        provider = row.document.get("provider")
        if row.kind in _MOVED and provider in moved.providers and provider not in _OWN:
            reference = row.document[_REFERENCE[row.kind]]
            posted[f"{provider}:{_MOVED[row.kind]}:{reference}"] = (_amount(row), row.at)
    theirs = {f"{one.provider}:{one.kind}:{one.reference}": one.amount for one in moved.movements}
    ours = {
        subject: amount
        for subject, (amount, at) in posted.items()
        if subject in theirs or since + _EDGE <= at < until - _EDGE
    }
    yield from by_rule.compare(
        ours, theirs, missing=Kind.NOT_AT_PROVIDER, surplus=Kind.NOT_IN_LEDGER, other=Kind.PROVIDER_AMOUNT
    )


_OF_SESSIONS = (Kind.SESSION_NOT_POSTED, Kind.POSTED_WITHOUT_SESSION, Kind.SESSION_AMOUNT)
_OF_PROVIDERS = (Kind.NOT_AT_PROVIDER, Kind.NOT_IN_LEDGER, Kind.PROVIDER_AMOUNT)


async def _bring_up(
    tx: Tx, operator_id: str, found: Sequence[Difference], now: datetime, *, has_sessions: bool, has_providers: bool
) -> None:
    """New differences are open; open ones that are no more are gone; what a person has resolved stays so while its figures do."""
    statement = sa.select(differences).where(differences.c.operator_id == operator_id)
    known = {(row.kind, row.subject): row for row in (await tx.execute(bulk.locked(statement, tx))).all()}
    by_id: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    fresh = []
    for one in found:
        values = {
            "expected_minor": None if one.expected is None else one.expected.minor,
            "found_minor": None if one.found is None else one.found.minor,
            "currency": (one.expected or one.found or Money(0, "")).currency or None,
        }
        row = known.pop((one.kind.value, one.subject), None)
        if row is None:
            ours = {"id": new_id(), "operator_id": operator_id, "kind": one.kind.value, "subject": one.subject}
            fresh.append({**ours, **values, "state": "open", "found_at": now, "changed_at": now})
            continue
        is_changed = any(getattr(row, name) != value for name, value in values.items())
        if is_changed or row.state == "gone":
            by_id[row.id] = {**values, "state": "open", "changed_at": now}
    unknown = (*(() if has_sessions else _OF_SESSIONS), *(() if has_providers else _OF_PROVIDERS))
    for row in known.values():
        if row.state == "open" and row.kind not in unknown:
            by_id[row.id] = {"state": "gone", "changed_at": now}
    await bulk.insert(tx, differences, fresh)
    for row_id, values in by_id.items():
        await tx.execute(sa.update(differences).where(differences.c.id == row_id).values(values))
