"""What the workbench has to do with a person: the copy of their views, and letting go of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from voltway.contracts.accounts import PERSONAL_DATA_MAX, AccountErased, FindPersonalViews, MemberRemoved
from voltway.kernel.clock import to_rfc3339
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.workbench import store
from voltway.modules.workbench.tables import views


async def find_personal_views(runtime: Runtime, request: FindPersonalViews) -> list[dict[str, Any]]:
    """A person's saved views."""
    theirs = (views.c.operator_id == request.operator_id, views.c.account_id == request.account_id)
    statement = sa.select(views).where(*theirs).order_by(views.c.id.desc()).limit(PERSONAL_DATA_MAX)
    async with runtime.database.read() as tx:
        rows = (await tx.execute(statement)).all()
    return [
        {"list": row.list_name, "name": row.name, "search": row.search, "created_at": to_rfc3339(row.created_at)}
        for row in rows
    ]


async def on_gone(runtime: Runtime, tx: Tx, events: Sequence[AccountErased | MemberRemoved]) -> None:
    """People have gone, and their views with them."""
    await store.forget_views(tx, {event.account_id for event in events})
