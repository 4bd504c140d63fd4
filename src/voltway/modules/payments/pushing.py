"""Messages to the devices of whoever pays for a charge in the app with an account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from voltway.contracts.notify import PushWanted
from voltway.kernel import clock
from voltway.kernel.auth.tables import accounts
from voltway.kernel.database import Tx
from voltway.kernel.money import Money
from voltway.modules.payments.pushed_texts import text_of

PATH = "#/charge"
OF_USE_FOR = timedelta(hours=2)


async def tell_payer(
    tx: Tx,
    payment: Any,
    occasion: str,
    cost: Money | None = None,
    *,
    words: Mapping[str, str] | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Have a message shown on the payer's devices, on an occasion of pushed_texts.py; guests have none. `words`: further ones of its
    text; `expires_at`: when it is of no use any more, if that is known."""
    if payment.payer_id is None:
        return
    mine = (accounts.c.id == payment.payer_id, accounts.c.operator_id == payment.operator_id)
    account = (await tx.execute(sa.select(accounts.c.locale).where(*mine))).one_or_none()
    if account is None:
        return
    text, now = text_of(occasion, account.locale), clock.now()
    amount = "" if cost is None else f"{cost.to_decimal()} {cost.currency}"
    tx.publish(
        PushWanted(
            operator_id=payment.operator_id,
            at=now,
            account_id=payment.payer_id,
            tag=f"charge:{payment.id}",
            title=text.title,
            text=text.body.format(amount=amount, **(words or {})),
            path=PATH,
            expires_at=clock.to_rfc3339(expires_at or now + OF_USE_FOR),
        )
    )
