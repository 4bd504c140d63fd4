"""Operators: whose the stations are."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.auth.errors import OperatorNotFound
from voltway.kernel.auth.tables import operators
from voltway.kernel.database import Tx


async def find_operator(tx: Tx, slug: str) -> str:
    """The id of the operator with this slug. Raises OperatorNotFound."""
    found = (await tx.execute(sa.select(operators.c.id).where(operators.c.slug == slug))).scalar_one_or_none()
    if found is None:
        raise OperatorNotFound(f"There is no operator {slug!r}.")
    return str(found)
