"""What the sessions module has to do with a person: the copy of their sessions, and letting go of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from voltway.contracts.accounts import PERSONAL_DATA_MAX, AccountErased, FindPersonalSessions
from voltway.kernel.clock import to_rfc3339
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.sessions.tables import progress, sessions, whole

NOBODY = "erased"
"""What stands in a session in the place of the token of a person who has gone."""

_SHOWN = (
    *(sessions.c[name] for name in ("id", "station_identity", "evse_number", "connector_number", "id_token", "state")),
    *(sessions.c[name] for name in ("started_at", "ended_at", "meter_start_wh", "meter_stop_wh", "cost")),
    progress.c.energy_wh,
)


async def find_personal_sessions(runtime: Runtime, request: FindPersonalSessions) -> list[dict[str, Any]]:
    """A person's charging sessions, with what they cost."""
    statement = (
        sa.select(*_SHOWN)
        .select_from(whole)
        .where(_theirs(request.operator_id, request.account_id, request.id_token_ids))
    )
    async with runtime.database.read() as tx:
        rows = (await tx.execute(statement.order_by(sessions.c.id.desc()).limit(PERSONAL_DATA_MAX))).all()
    return [{name: _plain(name, value) for name, value in row._mapping.items()} for row in rows]


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return to_rfc3339(value)
    return msgspec.json.decode(value) if name == "cost" and value is not None else value


async def on_account_erased(runtime: Runtime, tx: Tx, events: Sequence[AccountErased]) -> None:
    """A person has gone: their sessions stay, for the books, and are nobody's. One that runs goes on to its end as its token's."""
    for event in events:
        is_theirs = sessions.c.user_id == event.account_id
        by_token = sa.func.lower(sessions.c.id_token).in_([value.lower() for value in event.id_tokens])
        ended = sa.and_(sessions.c.operator_id == event.operator_id, sessions.c.is_open.is_(False))
        statement = sa.update(sessions).where(ended, sa.or_(is_theirs, by_token) if event.id_tokens else is_theirs)
        await tx.execute(statement.values(user_id=None, id_token=NOBODY, id_token_id=None))
        running = sa.update(sessions).where(sessions.c.operator_id == event.operator_id, is_theirs)
        await tx.execute(running.values(user_id=None))


def _theirs(operator_id: str, account_id: str, id_token_ids: Sequence[str]) -> sa.ColumnElement[bool]:
    is_theirs = sessions.c.user_id == account_id
    if id_token_ids:
        is_theirs = sa.or_(is_theirs, sessions.c.id_token_id.in_(id_token_ids))
    return sa.and_(sessions.c.operator_id == operator_id, is_theirs)
