"""Cards that drivers have kept for later: added with the agreement of their bank, charged by what the provider calls them, removed
there as well.

    row saved                              | commit
    the provider is asked                  | no transaction
    row locked, what it said saved         | commit

What a provider shall keep no longer is written down in the transaction that lets go of it here, and is told by a job until the
provider has said yes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
import structlog

from voltway.integrations.payments.port import (
    SAVED,
    CardAnswer,
    CardOrder,
    KeepsCards,
    Outcome,
    Provider,
    saved_source,
)
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.errors import InvalidField
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.modules.payments import rules
from voltway.modules.payments.errors import CardNotFound, CardsUnavailable, MethodNotOffered, TooManyCards
from voltway.modules.payments.registry import choose, provider_of, providers_of
from voltway.modules.payments.settings import PaymentsSettings
from voltway.modules.payments.tables import cards, customers, removals, wallets

log = structlog.get_logger()

ADDING, KEPT, FAILED = "adding", "kept", "failed"
AT_ONCE = 10
FAILED_KEPT = timedelta(days=1)
"""So long one that was declined can still be asked about."""
NEVER_SENT = timedelta(hours=23)
"""Stripe does a key once for 24 hours: what never had an answer is not sent again after."""


class Charged(NamedTuple):
    """What pays with a card that is kept."""

    provider: Provider
    source: str


# ---- finding


def keeper(runtime: Runtime) -> Any:
    """The provider that keeps new cards. Raises MethodNotOffered."""
    provider = choose(runtime, "card")
    if not isinstance(provider, KeepsCards) or not runtime.settings(PaymentsSettings).cards_max:
        raise MethodNotOffered("Cards cannot be kept here.")
    return provider


async def of_account(tx: Tx, *mine: sa.ColumnElement[bool]) -> Sequence[Any]:
    """Somebody's cards that are kept, the default first: the one that was last chosen, else the oldest."""
    statement = sa.select(cards).where(cards.c.state == KEPT, *mine).order_by(cards.c.id)
    return rules.default_first((await tx.execute(statement)).all())


async def get(tx: Tx, card_id: str, *mine: sa.ColumnElement[bool], lock: bool = False) -> Any:
    """One of somebody's cards. Raises CardNotFound."""
    statement = sa.select(cards).where(cards.c.id == card_id, *mine)
    row = (await tx.execute(bulk.locked(statement, tx) if lock else statement)).one_or_none()
    if row is None:
        raise CardNotFound(f"There is no card {card_id}.")
    return row


async def find_charged(
    runtime: Runtime, tx: Tx, operator_id: str, account_id: str, card_id: str = ""
) -> Charged | None:
    """One of an account's cards to pay with, the default where none is named; None where it is not kept, or its provider is not
    set up here."""
    mine = (cards.c.operator_id == operator_id, cards.c.account_id == account_id)
    here = providers_of(runtime)
    for row in await of_account(tx, *mine):
        if row.provider in here and card_id in ("", row.id):
            return Charged(here[row.provider], saved_source(row.customer, row.reference))
    return None


async def charged(runtime: Runtime, tx: Tx, operator_id: str, account_id: str, card_id: str) -> Charged:
    """One of an account's cards, to pay with. Raises InvalidField."""
    found = await find_charged(runtime, tx, operator_id, account_id, card_id)
    if found is None or not card_id:
        raise InvalidField.at("$.card_id", "you keep no such card")
    return found


def check_entered(source: str) -> str:
    """A card that was entered for this payment. Raises InvalidField for one that is kept: whose it is would not be looked at."""
    if SAVED in source:
        raise InvalidField.at("$.source", "name a card that is kept by `card_id`")
    return source


# ---- adding


async def begin(tx: Tx, operator_id: str, account_id: str, provider: str) -> Any:
    """Who the account is at a provider; made, without a reference, where it is not known."""
    row = {
        "id": new_id(),
        "operator_id": operator_id,
        "account_id": account_id,
        "provider": provider,
        "reference": None,
    }
    await bulk.insert_if_absent(tx, customers, [row])
    mine = (
        customers.c.operator_id == operator_id,
        customers.c.account_id == account_id,
        customers.c.provider == provider,
    )
    return (await tx.execute(bulk.locked(sa.select(customers).where(*mine), tx))).one()


async def introduce(runtime: Runtime, provider: Any, operator_id: str, account_id: str) -> Any:
    """The account as the provider knows it, which is told of it the first time. Raises CardsUnavailable."""
    async with runtime.database.begin(operator_id) as tx:
        customer = await begin(tx, operator_id, account_id, provider.name)
    if customer.reference is not None:
        return customer
    try:
        async with asyncio.timeout(runtime.settings(PaymentsSettings).call_timeout_s):
            reference = await provider.add_customer(customer.id)
    except Exception as error:
        log.warning("card.customer_not_made", provider=provider.name, error=repr(error)[:300])
        raise CardsUnavailable("The payment provider gives no answer. Try again in a minute.") from error
    async with runtime.database.begin(operator_id) as tx:
        named = sa.update(customers).where(customers.c.id == customer.id).values(reference=reference)
        if not (await tx.execute(named)).rowcount:  # erased meanwhile
            await let_go(tx, operator_id, provider.name, "customer", reference)
            raise CardNotFound("This account is closed.")
        return (await tx.execute(sa.select(customers).where(customers.c.id == customer.id))).one()


async def add(tx: Tx, customer: Any, source: str, return_url: str | None, most: int) -> str:
    """Write down a card that shall be kept; its id. Raises TooManyCards."""
    locked = bulk.locked(sa.select(customers.c.id).where(customers.c.id == customer.id), tx)
    if (await tx.execute(locked)).one_or_none() is None:
        raise CardNotFound("This account is closed.")
    mine = (cards.c.operator_id == customer.operator_id, cards.c.account_id == customer.account_id)
    counted = sa.select(sa.func.count()).select_from(cards).where(*mine, cards.c.state != FAILED)
    if int((await tx.execute(counted)).scalar_one()) >= most:
        raise TooManyCards(f"An account keeps at most {most} cards. Remove one first.")
    row: dict[str, Any] = dict.fromkeys(column.name for column in cards.columns)
    row |= {
        "id": new_id(),
        "operator_id": customer.operator_id,
        "account_id": customer.account_id,
        "provider": customer.provider,
        "customer": customer.reference,
        "source": source,
        "return_url": return_url,
        "state": ADDING,
        "tries": 0,
        "due_at": clock.now() + timedelta(seconds=rules.retry_delay_s(2)),
        "created_at": clock.now(),
    }
    await bulk.insert(tx, cards, [row])
    return str(row["id"])


async def look(runtime: Runtime, card_id: str) -> None:
    """Have a card that is being added kept, or ask what became of it."""
    async with runtime.database.read() as tx:
        row = (await tx.execute(sa.select(cards).where(cards.c.id == card_id))).one_or_none()
    if row is None or row.state != ADDING:
        return
    try:
        async with asyncio.timeout(runtime.settings(PaymentsSettings).call_timeout_s):
            answer = await _ask(runtime, row)
    except Exception as error:
        log.warning("card.outcome_unknown", card_id=card_id, error=repr(error)[:300])
        answer = CardAnswer(outcome=Outcome.PENDING)
        if row.setup is None and row.created_at + NEVER_SENT <= clock.now():
            answer = CardAnswer(outcome=Outcome.DECLINED, reason="no_answer")
    await _note(runtime, row, answer)


async def _ask(runtime: Runtime, row: Any) -> CardAnswer:
    provider = provider_of(runtime, row.provider)
    assert isinstance(provider, KeepsCards)
    order = CardOrder(key=row.id, customer=row.customer, source=row.source or "", return_url=row.return_url)
    setup = row.setup
    if setup is None:
        setup = await provider.begin_card(order)
        async with runtime.database.begin() as tx:
            saved = sa.update(cards).where(cards.c.id == row.id).values(setup=setup)
            if not (await tx.execute(saved)).rowcount:
                return CardAnswer(outcome=Outcome.DECLINED, reason="removed")
        answer = await provider.keep_card(order, setup)
    else:
        answer = await provider.find_card(setup)
        if answer.outcome is Outcome.ABSENT:
            answer = await provider.keep_card(order, setup)
    is_late = row.created_at + timedelta(seconds=runtime.settings(PaymentsSettings).confirm_s) <= clock.now()
    if answer.outcome is not Outcome.PENDING or not is_late:
        return answer
    dropped = await provider.drop_setup(setup)
    is_over = dropped.outcome in (Outcome.DONE, Outcome.DECLINED)
    return dropped if is_over else CardAnswer(outcome=Outcome.DECLINED, reason="not_confirmed")


async def _note(runtime: Runtime, asked: Any, answer: CardAnswer) -> None:
    async with runtime.database.begin() as tx:
        statement = bulk.locked(sa.select(cards).where(cards.c.id == asked.id), tx)
        row = (await tx.execute(statement)).one_or_none()
        if row is None:  # removed while the provider was asked
            if answer.reference is not None:
                await let_go(tx, asked.operator_id, asked.provider, "card", answer.reference)
            return
        if row.state != ADDING:
            return
        await tx.execute(sa.update(cards).where(cards.c.id == row.id).values(**_noted(row, answer)))
    log.info("card.moved", card_id=asked.id, outcome=answer.outcome.value)


def _noted(row: Any, answer: CardAnswer) -> dict[str, Any]:
    over = {"source": None, "action_url": None, "return_url": None, "due_at": None}
    if answer.outcome is Outcome.DONE and answer.face is not None:
        face = {name: getattr(answer.face, name) for name in ("brand", "last_four", "exp_month", "exp_year")}
        return {**over, **face, "state": KEPT, "reference": answer.reference}
    if answer.outcome is Outcome.DECLINED:
        return {**over, "state": FAILED, "reason": answer.reason or "declined"}
    due_at = clock.now() + timedelta(seconds=rules.retry_delay_s(row.tries))
    return {"tries": row.tries + 1, "due_at": due_at, "action_url": answer.action_url or row.action_url}


# ---- choosing and removing


async def choose_default(tx: Tx, card_id: str) -> None:
    """Make a card the default."""
    await tx.execute(sa.update(cards).where(cards.c.id == card_id).values(chosen_at=clock.now()))


async def remove(tx: Tx, row: Any) -> None:
    """Keep a card no longer, here and at the provider; a wallet that it fills fills itself no more."""
    await tx.execute(sa.delete(cards).where(cards.c.id == row.id))
    if row.reference is not None:
        await let_go(tx, row.operator_id, row.provider, "card", row.reference)
    elif row.setup is not None and row.state == ADDING:
        await let_go(tx, row.operator_id, row.provider, "setup", row.setup)
    theirs = (wallets.c.operator_id == row.operator_id, wallets.c.account_id == row.account_id)
    for wallet in (await tx.execute(sa.select(wallets.c.id, wallets.c.auto_top_up).where(*theirs))).all():
        if (wallet.auto_top_up or {}).get("card_id") == row.id:
            await tx.execute(sa.update(wallets).where(wallets.c.id == wallet.id).values(auto_top_up=None))


async def forget_accounts(tx: Tx, account_ids: Sequence[str]) -> None:
    """People have gone: their cards as well, and the provider forgets who they were."""
    theirs = customers.c.account_id.in_(account_ids)
    for row in (await tx.execute(sa.select(customers).where(theirs))).all():
        if row.reference is not None:
            await let_go(tx, row.operator_id, row.provider, "customer", row.reference)
    await tx.execute(sa.delete(cards).where(cards.c.account_id.in_(account_ids)))
    await tx.execute(sa.delete(customers).where(theirs))


async def let_go(tx: Tx, operator_id: str, provider: str, kind: str, reference: str) -> None:
    """Write down what a provider shall keep no longer."""
    row = {
        "id": new_id(),
        "operator_id": operator_id,
        "provider": provider,
        "kind": kind,
        "reference": reference,
        "tries": 0,
        "due_at": clock.now(),
    }
    await bulk.insert(tx, removals, [row])


# ---- working


async def work(runtime: Runtime) -> None:
    """A job: tell providers what they shall keep no longer, and ask after cards that are being added."""
    now = clock.now()
    async with runtime.database.read() as tx:
        leaving = sa.select(removals).where(removals.c.due_at <= now).order_by(removals.c.due_at).limit(AT_ONCE)
        coming = sa.select(cards.c.id).where(cards.c.due_at <= now).order_by(cards.c.due_at).limit(AT_ONCE)
        gone = (await tx.execute(leaving)).all()
        added = (await tx.execute(coming)).scalars().all()
    await asyncio.gather(*(_remove(runtime, row) for row in gone), *(look(runtime, card_id) for card_id in added))


async def _remove(runtime: Runtime, row: Any) -> None:
    try:
        provider = provider_of(runtime, row.provider)
        assert isinstance(provider, KeepsCards)
        async with asyncio.timeout(runtime.settings(PaymentsSettings).call_timeout_s):
            if row.kind == "customer":
                await provider.remove_customer(row.reference)
            elif row.kind == "card":
                await provider.remove_card(row.reference)
            else:
                found = await provider.drop_setup(row.reference)
                if found.reference is not None:
                    await provider.remove_card(found.reference)
    except Exception as error:
        log.warning("card.not_removed", provider=row.provider, kind=row.kind, tries=row.tries, error=repr(error)[:300])
        due_at = clock.now() + timedelta(seconds=rules.retry_delay_s(row.tries))
        async with runtime.database.begin() as tx:
            again = sa.update(removals).where(removals.c.id == row.id)
            await tx.execute(again.values(tries=row.tries + 1, due_at=due_at))
        return
    async with runtime.database.begin() as tx:
        await tx.execute(sa.delete(removals).where(removals.c.id == row.id))


async def forget_failed(tx: Tx, now: datetime) -> None:
    """Cards that were declined long enough ago."""
    old = (cards.c.state == FAILED, cards.c.created_at < now - FAILED_KEPT)
    await tx.execute(sa.delete(cards).where(*old))
