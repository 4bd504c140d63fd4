"""Tokens that a text may mean."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.contracts.desk import Found, SearchTokens
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import masked
from voltway.modules.users.tables import id_tokens

TAIL_MIN = 4
"""So many last characters stand on a masked token: by fewer it is not found."""


async def search_tokens(runtime: Runtime, request: SearchTokens) -> list[Found]:
    """Tokens by their value or name. Who may not read values finds a token by all of it, or by the last characters that are
    shown anyway: a search must not tell a value letter by letter."""
    table, key = id_tokens.c, request.text.casefold()
    if request.shows_values:
        by_value = table.value_key.contains(key, autoescape=True)
    else:
        by_value = table.value_key == key
        if len(key) == TAIL_MIN:
            by_value = sa.or_(by_value, table.value_key.endswith(key, autoescape=True))
    statement = sa.select(id_tokens).where(
        table.operator_id == request.operator_id,
        sa.or_(by_value, table.name.icontains(request.text, autoescape=True)),
    )
    async with runtime.database.read(request.operator_id) as tx:
        rows = (await tx.execute(statement.order_by(table.id.desc()).limit(request.limit))).all()
    return [
        Found(
            id=row.id,
            title=row.value if request.shows_values else masked(row.value),
            hint=row.name or row.group_value,
            state=row.status,
        )
        for row in rows
    ]
