"""Vouchers, and budgets by which an operator (free vend) or a host pays for drivers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from voltway.integrations.payments.port import Call
from voltway.kernel import clock
from voltway.modules.payments.providers.purse import Purse
from voltway.modules.payments.tables import vouchers


class Voucher(Purse):
    """The source is the voucher's id."""

    name = "voucher"
    table = vouchers

    def free(self) -> sa.ColumnElement[Any]:
        return vouchers.c.amount_minor - vouchers.c.held_minor - vouchers.c.used_minor

    def usable(self, call: Call) -> Sequence[sa.ColumnElement[bool]]:
        return (vouchers.c.is_active, sa.or_(vouchers.c.expires_at.is_(None), vouchers.c.expires_at > clock.now()))

    def taken(self, minor: int) -> dict[str, Any]:
        return {"used_minor": vouchers.c.used_minor + minor}
