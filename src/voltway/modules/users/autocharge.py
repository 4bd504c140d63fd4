"""AutoCharge: whether a driver allows it, and what he is told."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from voltway.contracts.notify import MailWanted
from voltway.contracts.stations import FindLocationName
from voltway.kernel import bulk, clock
from voltway.kernel.auth.tables import accounts
from voltway.kernel.bus.asks import NobodyAnswers
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.users import autocharge_rules
from voltway.modules.users.tables import autocharge_places, drivers


async def has_consent(tx: Tx, operator_id: str, account_id: str | None) -> bool:
    """Whether the driver wants his cars known by their address."""
    if account_id is None:
        return False
    statement = sa.select(drivers.c.is_autocharge_allowed).where(
        drivers.c.account_id == account_id, drivers.c.operator_id == operator_id
    )
    return bool((await tx.execute(statement)).scalar_one_or_none())


async def tell_if_new(runtime: Runtime, token: Any, operator_id: str, location_id: str) -> None:
    """Mail the driver of a car that is at a location for the first time."""
    key = sa.and_(autocharge_places.c.id_token_id == token.id, autocharge_places.c.location_id == location_id)
    async with runtime.database.read(is_urgent=True) as tx:
        if (await tx.execute(sa.select(autocharge_places.c.first_at).where(key))).one_or_none() is not None:
            return
    try:
        place = await runtime.ask(FindLocationName(operator_id=operator_id, location_id=location_id))
    except NobodyAnswers:
        place = None
    row = {
        "id_token_id": token.id,
        "location_id": location_id,
        "operator_id": operator_id,
        "first_at": clock.now(),
    }
    async with runtime.database.begin() as tx:
        driver = sa.select(accounts.c.email, accounts.c.locale).where(accounts.c.id == token.user_id)
        account = (await tx.execute(driver)).one_or_none()
        if await bulk.insert_if_absent(tx, autocharge_places, [row]) == 0 or account is None:
            return
        subject, text = autocharge_rules.mail(account.locale, token.name or "Your car", place or location_id)
        # A place is new once: the same mail asked for by two processes is sent once.
        mail_id = f"autocharge:{token.id}:{location_id}"
        tx.publish(
            MailWanted(
                operator_id=operator_id,
                at=row["first_at"],
                mail_id=mail_id,
                kind="autocharge.new_place",
                to=account.email,
                subject=subject,
                text=text,
            )
        )
