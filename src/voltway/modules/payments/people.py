"""What the payments module has to do with a person: the copy of their payments and wallets, and letting go of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.contracts.accounts import PERSONAL_DATA_MAX, AccountErased, FindPersonalPayments, FindPersonalWallets
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.payments.tables import payments, wallets

_OF_PAYMENT = [
    "id",
    "purpose",
    "provider",
    "method",
    "source",
    "currency",
    "limit_minor",
    "held_minor",
    "captured_minor",
    "refunded_minor",
    "state",
    "reason",
    "session_id",
    "created_at",
]
_OF_WALLET = ["id", "currency", "balance_minor", "held_minor", "auto_top_up", "changed_at"]


async def find_personal_payments(runtime: Runtime, request: FindPersonalPayments) -> list[dict[str, Any]]:
    """A person's payments: amounts in minor units of the currency beside them."""
    mine = (payments.c.operator_id == request.operator_id, payments.c.payer_id == request.account_id)
    statement = sa.select(*(payments.c[name] for name in _OF_PAYMENT)).where(*mine).order_by(payments.c.id.desc())
    return await _plain(runtime, statement.limit(PERSONAL_DATA_MAX))


async def find_personal_wallets(runtime: Runtime, request: FindPersonalWallets) -> list[dict[str, Any]]:
    """A person's prepaid balances, one for each currency."""
    mine = (wallets.c.operator_id == request.operator_id, wallets.c.account_id == request.account_id)
    statement = sa.select(*(wallets.c[name] for name in _OF_WALLET)).where(*mine).order_by(wallets.c.currency)
    return await _plain(runtime, statement.limit(PERSONAL_DATA_MAX))


async def on_account_erased(runtime: Runtime, tx: Tx, events: Sequence[AccountErased]) -> None:
    """A person is forgotten; what was paid stays, in nobody's name, and their wallet fills itself no more."""
    ids = [event.account_id for event in events]
    await tx.execute(sa.update(payments).where(payments.c.payer_id.in_(ids)).values(payer_id=None))
    await tx.execute(sa.update(wallets).where(wallets.c.account_id.in_(ids)).values(auto_top_up=None))


async def _plain(runtime: Runtime, statement: sa.Select[Any]) -> list[dict[str, Any]]:
    async with runtime.database.read() as tx:
        rows = (await tx.execute(statement)).all()
    return [{name: _as_json(value) for name, value in row._mapping.items()} for row in rows]


def _as_json(value: Any) -> Any:
    return clock.to_rfc3339(value) if isinstance(value, datetime) else value
