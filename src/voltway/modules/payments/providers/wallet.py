"""Prepaid wallets: what is held is part of the balance, what is captured leaves it; it never falls below nothing."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from voltway.modules.payments.providers.purse import Purse
from voltway.modules.payments.tables import wallets


class Wallet(Purse):
    """The source is the wallet's id."""

    name = "wallet"
    table = wallets

    def free(self) -> sa.ColumnElement[Any]:
        return wallets.c.balance_minor - wallets.c.held_minor

    def taken(self, minor: int) -> dict[str, Any]:
        return {"balance_minor": wallets.c.balance_minor - minor}
