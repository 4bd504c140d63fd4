"""What the payments module has to do with a person: the copy of their payments, wallets and cards, and letting go of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.contracts.accounts import (
    PERSONAL_DATA_MAX,
    AccountErased,
    FindPersonalCards,
    FindPersonalPayments,
    FindPersonalWallets,
)
from voltway.integrations.payments.port import SAVED
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.payments import cards
from voltway.modules.payments.rules import State
from voltway.modules.payments.tables import cards as cards_table
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
_OF_CARD = [
    "id",
    "provider",
    "customer",
    "reference",
    "state",
    "brand",
    "last_four",
    "exp_month",
    "exp_year",
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


async def find_personal_cards(runtime: Runtime, request: FindPersonalCards) -> list[dict[str, Any]]:
    """A person's cards that are kept, and who they are to the provider that keeps them."""
    mine = (cards_table.c.operator_id == request.operator_id, cards_table.c.account_id == request.account_id)
    statement = sa.select(*(cards_table.c[name] for name in _OF_CARD)).where(*mine).order_by(cards_table.c.id)
    return await _plain(runtime, statement.limit(PERSONAL_DATA_MAX))


async def on_account_erased(runtime: Runtime, tx: Tx, events: Sequence[AccountErased]) -> None:
    """A person is forgotten; what was paid stays, in nobody's name, their wallet fills itself no more, and no provider keeps their
    cards."""
    ids = [event.account_id for event in events]
    theirs = payments.c.payer_id.in_(ids)
    kept = (payments.c.source.contains(SAVED), payments.c.state.not_in((State.CREATED.value, State.HOLDING.value)))
    await tx.execute(sa.update(payments).where(theirs, *kept).values(source=None))
    await tx.execute(sa.update(payments).where(theirs).values(payer_id=None))
    await tx.execute(sa.update(wallets).where(wallets.c.account_id.in_(ids)).values(auto_top_up=None))
    await cards.forget_accounts(tx, ids)


async def _plain(runtime: Runtime, statement: sa.Select[Any]) -> list[dict[str, Any]]:
    async with runtime.database.read() as tx:
        rows = (await tx.execute(statement)).all()
    return [{name: _as_json(value) for name, value in row._mapping.items()} for row in rows]


def _as_json(value: Any) -> Any:
    return clock.to_rfc3339(value) if isinstance(value, datetime) else value
