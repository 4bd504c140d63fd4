"""Operators: whose the stations are. Several share an installation, and none sees anything of another."""

from __future__ import annotations

import re

import sqlalchemy as sa

from voltway.kernel import bulk, clock
from voltway.kernel.auth.errors import BadSlug, OperatorNotFound, SlugTaken
from voltway.kernel.auth.tables import operators
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
"""It stands in the addresses of stations: /ocpp/{operator}/{identity}."""


async def find_operator(tx: Tx, slug: str) -> str:
    """The id of the operator with this slug. Raises OperatorNotFound."""
    found = (await tx.execute(sa.select(operators.c.id).where(operators.c.slug == slug))).scalar_one_or_none()
    if found is None:
        raise OperatorNotFound(f"There is no operator {slug!r}.")
    return str(found)


async def create_operator(tx: Tx, slug: str, name: str) -> str:
    """Add an operator; its id. Raises BadSlug, SlugTaken."""
    if not SLUG.fullmatch(slug):
        raise BadSlug.at("$.slug", "1 to 40 of a-z 0-9 -, neither beginning nor ending with -")
    row = {"id": new_id(), "slug": slug, "name": name, "suspended_at": None}
    await bulk.insert_if_absent(tx, operators, [row])
    if await find_operator(tx, slug) != row["id"]:
        raise SlugTaken(f"There is an operator {slug!r} already.")
    return str(row["id"])


async def suspend(tx: Tx, operator_id: str, *, is_suspended: bool) -> None:
    """Let nobody of an operator in any more, or let them in again. Its stations stay as they are."""
    suspended_at = clock.now() if is_suspended else None
    await tx.execute(sa.update(operators).where(operators.c.id == operator_id).values(suspended_at=suspended_at))
