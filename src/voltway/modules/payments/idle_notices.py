"""Before staying begins to cost something: whoever pays for the charge in the app with an account is told so on their devices, once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from voltway.charging.metered import Metered
from voltway.contracts.sessions import FindMetered, FindSessionStanding
from voltway.contracts.vocabulary import SessionState
from voltway.kernel import clock
from voltway.kernel.runtime import Runtime
from voltway.modules.payments import pushing, store
from voltway.modules.payments.charge_schemas import IdleFee
from voltway.modules.payments.charges import idle_begins_at, idle_fee, idle_grace
from voltway.modules.payments.rules import Start
from voltway.modules.payments.settings import PaymentsSettings
from voltway.modules.payments.tables import payments
from voltway.modules.payments.watching import tariff_of

CLOCKS = timedelta(minutes=5)
"""So far the start that the payment knows may be from the session's own, which a station's clock tells."""


def may_be_near(row: Any, lead: timedelta, now: datetime) -> bool:
    """Whether a price for staying may begin soon after the start that the payment knows: worth a question to the sessions."""
    grace = idle_grace(tariff_of(row)) if row.tariff is not None and row.session_started_at is not None else None
    if grace is None:
        return False
    ends_at: datetime = row.session_started_at + grace
    return ends_at - lead - CLOCKS <= now <= ends_at + CLOCKS


def due_at(row: Any, used: Metered, lead: timedelta, now: datetime) -> datetime | None:
    """When staying begins to cost something, if that is to be told now: not to who still charges, not when it costs already."""
    begins_at = None if used.idle_from is None else idle_begins_at(tariff_of(row), used.started_at, used.idle_from)
    return begins_at if begins_at is not None and begins_at - lead <= now < begins_at else None


async def warn(runtime: Runtime) -> None:
    """A job: tell those whose car has stopped charging, and for whom staying soon costs something."""
    lead, now = timedelta(minutes=runtime.settings(PaymentsSettings).idle_notice_minutes), clock.now()
    if not lead:
        return
    near = [row for row in await _running(runtime) if may_be_near(row, lead, now)]
    if not near:
        return
    nothing: dict[str, Metered] = {}
    used = await runtime.ask_or(FindMetered(session_ids=tuple(row.session_id for row in near)), nothing)
    for row in near:
        if row.session_id not in used or due_at(row, used[row.session_id], lead, now) is None:
            continue
        request = FindSessionStanding(operator_id=row.operator_id, session_id=row.session_id)
        session = await runtime.ask_or(request, None)
        if session is None or session.state is not SessionState.ACTIVE or session.unplugged_at is not None:
            continue  # a session that is over waits for its price
        fee = idle_fee(tariff_of(row), session)  # what the countdown in the app shows
        if fee is not None and fee.begins_at is not None and fee.begins_at > now:
            await _tell(runtime, row.id, fee.begins_at, fee, now)


async def _running(runtime: Runtime) -> Sequence[Any]:
    statement = sa.select(payments).where(
        payments.c.start_state == Start.RUNNING.value,
        payments.c.payer_id.is_not(None),
        payments.c.session_id.is_not(None),
        payments.c.owed_minor.is_(None),
        payments.c.idle_told_at.is_(None),
    )
    async with runtime.database.read() as tx:
        return (await tx.execute(statement)).all()


async def _tell(runtime: Runtime, payment_id: str, begins_at: datetime, fee: IdleFee, now: datetime) -> None:
    async with runtime.database.begin() as tx:
        row = await store.get(tx, payment_id, lock=True)
        # Another process may have told it, or the session may have ended, since it was read.
        if row.idle_told_at is not None or row.owed_minor is not None or row.start_state != Start.RUNNING.value:
            return
        await store.change(tx, payment_id, idle_told_at=now)
        words = {"minutes": str(math.ceil((begins_at - now).total_seconds() / 60)), "price": _said(fee)}
        await pushing.tell_payer(tx, row, "idle", words=words, expires_at=begins_at)


def _said(fee: IdleFee) -> str:
    """With two to four digits."""
    price = fee.price_per_minute.normalize()
    return f"{max(price, price.quantize(Decimal('0.01')), key=lambda each: -int(each.as_tuple().exponent)):f} {fee.currency}"
