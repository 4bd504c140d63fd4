"""Sessions that a text may mean."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.contracts.desk import Found, SearchSessions
from voltway.kernel.clock import to_rfc3339
from voltway.kernel.runtime import Runtime
from voltway.modules.sessions.tables import sessions


async def search_sessions(runtime: Runtime, request: SearchSessions) -> list[Found]:
    """Sessions by the whole of their id, transaction id or token, or by their station; the latest first."""
    table, text = sessions.c, request.text
    statement = sa.select(sessions).where(
        table.operator_id == request.operator_id,
        sa.or_(
            table.id == text.lower(),
            table.transaction_id == text,
            table.id_token.in_({text, text.upper()}),
            table.station_identity.startswith(text, autoescape=True),
        ),
    )
    if request.location_ids is not None:
        statement = statement.where(table.location_id.in_(request.location_ids))
    async with runtime.database.read(request.operator_id) as tx:
        rows = (await tx.execute(statement.order_by(table.id.desc()).limit(request.limit))).all()
    return [
        Found(id=row.id, title=row.station_identity, hint=to_rfc3339(row.started_at), state=row.state) for row in rows
    ]
