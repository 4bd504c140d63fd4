"""What the users module answers."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import sqlalchemy as sa

from voltway.contracts.station_link import Authorization
from voltway.contracts.users import AuthorizeTokens
from voltway.kernel import clock
from voltway.kernel.runtime import Runtime
from voltway.modules.users import rules
from voltway.modules.users.tables import id_tokens

_MATCHING = sa.select(id_tokens).where(
    id_tokens.c.operator_id.in_(sa.bindparam("operator_ids", expanding=True)),
    id_tokens.c.value_key.in_(sa.bindparam("value_keys", expanding=True)),
)


async def authorize_tokens(runtime: Runtime, request: AuthorizeTokens) -> list[Authorization]:
    """A verdict for each token, by one query for all of them."""
    wanted = [(query.operator_id, query.id_token.value.casefold()) for query in request.queries]
    parameters = {
        "operator_ids": list({operator_id for operator_id, _ in wanted}),
        "value_keys": list({value_key for _, value_key in wanted}),
    }
    found: dict[tuple[str, str], list[Any]] = defaultdict(list)
    async with runtime.database.read(is_urgent=True) as tx:
        for row in (await tx.execute(_MATCHING, parameters)).all():
            found[row.operator_id, row.value_key].append(row)
    now = clock.now()
    return [
        rules.verdict(rules.find(found.get(key, []), query.id_token), query.id_token, now)
        for key, query in zip(wanted, request.queries, strict=True)
    ]
