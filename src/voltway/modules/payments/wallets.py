"""Wallets: opened at first use, filled by payments of their own, and by themselves where their owner wants that."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from voltway.contracts.money_facts import WalletToppedUp
from voltway.integrations.payments.port import Provider
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.payments import cards, store
from voltway.modules.payments.registry import choose
from voltway.modules.payments.rules import Start, State
from voltway.modules.payments.tables import payments, wallets

log = structlog.get_logger()


async def of_account(tx: Tx, operator_id: str, account_id: str, currency: str) -> Any:
    """An account's wallet in a currency; opened, empty, where there is none."""
    row = {
        "id": new_id(),
        "operator_id": operator_id,
        "account_id": account_id,
        "currency": currency,
        "balance_minor": 0,
        "held_minor": 0,
        "auto_top_up": None,
        "changed_at": clock.now(),
    }
    await bulk.insert_if_absent(tx, wallets, [row])
    statement = sa.select(wallets).where(
        wallets.c.operator_id == operator_id, wallets.c.account_id == account_id, wallets.c.currency == currency
    )
    return (await tx.execute(statement)).one()


async def credit(tx: Tx, row: Any, amount_minor: int) -> None:
    """A top-up was captured: it is balance now. Called once, in the transaction that notes the capture."""
    added = {"balance_minor": wallets.c.balance_minor + amount_minor, "changed_at": clock.now()}
    await tx.execute(sa.update(wallets).where(wallets.c.id == row.wallet_id).values(**added))
    tx.publish(
        WalletToppedUp(
            operator_id=row.operator_id,
            at=clock.now(),
            payment_id=row.id,
            provider=row.provider,
            method=row.method,
            amount=Money(amount_minor, row.currency),
            payer_id=row.payer_id,
            provider_reference=row.reference,
            wallet_id=row.wallet_id,
            top_up_id=row.id,
        )
    )


def top_up_values(wallet: Any, provider: Any, method: str, source: str, amount_minor: int) -> dict[str, Any]:
    """The payment that fills a wallet. One at a time: a second click finds the first."""
    return {
        "operator_id": wallet.operator_id,
        "purpose": "top_up",
        "provider": provider.name,
        "method": method,
        "source": source,
        "payer_id": wallet.account_id,
        "wallet_id": wallet.id,
        "open_key": f"top-up {wallet.id}",
        "currency": wallet.currency,
        "limit_minor": amount_minor,
        "hold_wanted_minor": amount_minor,
        "owed_minor": amount_minor,
        "can_hold": method in provider.abilities.holds,
        "can_raise": False,
        "start_state": Start.NONE.value,
    }


async def due_top_up(
    runtime: Runtime, tx: Tx, wallet_id: str, now: datetime
) -> tuple[Any, dict[str, Any], Provider, str] | None:
    """The wallet, its wish and what pays for it, if it is low, its owner wants it filled, and this month's cap allows it."""
    wallet = (await tx.execute(sa.select(wallets).where(wallets.c.id == wallet_id))).one_or_none()
    wish = None if wallet is None else wallet.auto_top_up
    if wallet is None or not wish or wallet.balance_minor - wallet.held_minor >= wish["below_minor"]:
        return None
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    counted = sa.select(sa.func.coalesce(sa.func.sum(payments.c.limit_minor), 0)).where(
        payments.c.wallet_id == wallet_id, payments.c.created_at >= month, payments.c.state != State.FAILED.value
    )
    spent = int((await tx.execute(counted)).scalar_one())
    if spent + wish["amount_minor"] > wish["month_max_minor"]:
        log.info("wallet.not_topped_up", wallet_id=wallet_id, reason="month_max")
        return None
    if wish.get("card_id") is None:
        provider, source = choose(runtime, wish["method"]), wish["source"]
    else:
        found = await cards.find_charged(runtime, tx, wallet.operator_id, wallet.account_id, wish["card_id"])
        if found is None:
            log.info("wallet.not_topped_up", wallet_id=wallet_id, reason="card_gone")
            return None
        provider, source = found
    failed = sa.select(sa.func.count()).where(
        payments.c.wallet_id == wallet_id,
        payments.c.state == State.FAILED.value,
        payments.c.source == source,
        payments.c.created_at >= wallet.changed_at,
    )
    if int((await tx.execute(failed)).scalar_one()):  # a card that was declined is not tried again and again
        return None
    return wallet, wish, provider, source


async def fill(tx: Tx, wallet: Any, wish: dict[str, Any], provider: Provider, source: str) -> str:
    """Begin a top-up of which its owner does not know yet; its payment's id."""
    values = top_up_values(wallet, provider, wish["method"], source, wish["amount_minor"])
    row, _ = await store.add(tx, values | {"is_payer_away": True})
    return str(row.id)
