"""Payment by invoice: within a credit limit, what is held and what is taken and not paid yet count together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from voltway.integrations.payments.port import Call
from voltway.modules.payments.providers.purse import Purse
from voltway.modules.payments.tables import credits_


class Invoice(Purse):
    """The source is the credit line's id."""

    name = "invoice"
    table = credits_

    def free(self) -> sa.ColumnElement[Any]:
        return credits_.c.credit_limit_minor - credits_.c.held_minor - credits_.c.open_minor

    def usable(self, call: Call) -> Sequence[sa.ColumnElement[bool]]:
        return (credits_.c.is_active,)

    def taken(self, minor: int) -> dict[str, Any]:
        return {"open_minor": credits_.c.open_minor + minor}
