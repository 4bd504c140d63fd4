"""What the users module has to do with a person: the copy of their tokens, and letting go of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from voltway.contracts.accounts import PERSONAL_DATA_MAX, AccountErased, FindPersonalTokens
from voltway.contracts.users import (
    DescribeTokens,
    DriverToken,
    FindDriverToken,
    FindTokenHolders,
    TokenDescription,
    TokenHolder,
)
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.users import local_lists, store
from voltway.modules.users.schemas import id_token_out
from voltway.modules.users.tables import drivers, id_tokens


async def find_personal_tokens(runtime: Runtime, request: FindPersonalTokens) -> list[dict[str, Any]]:
    """A person's tokens."""
    statement = sa.select(id_tokens).where(_theirs(request.operator_id, request.account_id))
    async with runtime.database.read() as tx:
        rows = (await tx.execute(statement.order_by(id_tokens.c.id.desc()).limit(PERSONAL_DATA_MAX))).all()
    return [id_token_out(row, str).model_dump(mode="json") for row in rows]


async def find_token_holders(runtime: Runtime, request: FindTokenHolders) -> list[TokenHolder]:
    """Whose tokens are."""
    statement = sa.select(id_tokens.c.id, id_tokens.c.user_id, id_tokens.c.group_value).where(
        id_tokens.c.operator_id == request.operator_id, id_tokens.c.id.in_(request.id_token_ids)
    )
    async with runtime.database.read() as tx:
        rows = (await tx.execute(statement)).all()
    return [TokenHolder(id_token_id=row.id, account_id=row.user_id, group=row.group_value) for row in rows]


async def describe_tokens(runtime: Runtime, request: DescribeTokens) -> list[TokenDescription]:
    """What tokens say."""
    statement = sa.select(id_tokens.c.id, id_tokens.c.value, id_tokens.c.kind).where(
        id_tokens.c.operator_id == request.operator_id, id_tokens.c.id.in_(request.id_token_ids)
    )
    async with runtime.database.read() as tx:
        rows = (await tx.execute(statement)).all()
    return [TokenDescription(id_token_id=row.id, value=row.value, kind=row.kind) for row in rows]


async def find_driver_token(runtime: Runtime, request: FindDriverToken) -> DriverToken | None:
    """The token that a driver means. One that is blocked, lost or not activated yet opens nothing and is none."""
    theirs = sa.select(id_tokens).where(
        _theirs(request.operator_id, request.account_id),
        id_tokens.c.status == "accepted",
        sa.or_(id_tokens.c.expires_at.is_(None), id_tokens.c.expires_at > clock.now()),
    )
    async with runtime.database.read() as tx:
        rows = {row.id: row for row in (await tx.execute(theirs.order_by(id_tokens.c.id.desc()).limit(100))).all()}
        choices = (await tx.execute(sa.select(drivers).where(drivers.c.account_id == request.account_id))).one_or_none()
    wanted = [request.id_token_id]
    if request.id_token_id is None:
        chosen = () if choices is None else (choices.default_token_id, choices.app_token_id)
        wanted = [*chosen, next(iter(rows), None)]
    row = next((rows[token_id] for token_id in wanted if token_id in rows), None)
    if row is None:
        return None
    return DriverToken(id_token_id=row.id, value=row.value, kind=row.kind, group=row.group_value)


async def on_account_erased(runtime: Runtime, tx: Tx, events: Sequence[AccountErased]) -> None:
    """A person has gone: their tokens open nothing any more and are nobody's. They are kept, blocked, so that a card that is found
    is not taken for a new one."""
    for event in events:
        theirs = _theirs(event.operator_id, event.account_id)
        token_ids = (await tx.execute(sa.select(id_tokens.c.id).where(theirs))).scalars().all()
        if not token_ids:
            continue
        nobodys = {"status": "blocked", "user_id": None, "message": None, "language": None, "updated_at": clock.now()}
        await tx.execute(sa.update(id_tokens).where(theirs).values(**nobodys, version=id_tokens.c.version + 1))
        for token_id in token_ids:
            await store.note_deauthorized(tx, event.operator_id, token_id)
        await local_lists.touch(tx, event.operator_id, local_lists.debounce_s(runtime))


def _theirs(operator_id: str, account_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(id_tokens.c.operator_id == operator_id, id_tokens.c.user_id == account_id)
