"""How long what is over is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from builders import MakeRuntime
from voltway.kernel import clock
from voltway.kernel.ids import new_id
from voltway.modules.energy import handlers
from voltway.modules.energy.module import MANIFEST
from voltway.modules.energy.tables import limits


@pytest.mark.parametrize(("days_over", "is_kept"), [(None, True), (89, True), (91, False)])
async def test_a_limit_is_kept_while_it_holds_and_for_some_time_after(
    make_runtime: MakeRuntime, days_over: int | None, is_kept: bool
) -> None:
    runtime = await make_runtime(MANIFEST)
    began_at = clock.now() - timedelta(days=400)
    row: dict[str, Any] = {
        "id": new_id(),
        "operator_id": "o",
        "station_id": "s",
        "evse_number": 0,
        "source": "EMS",
        "schedules": [],
        "began_at": began_at,
        "ended_at": None if days_over is None else clock.now() - timedelta(days=days_over),
    }
    async with runtime.database.begin() as tx:
        await tx.execute(sa.insert(limits).values(row))
    await handlers.forget_history(runtime)
    async with runtime.database.read() as tx:
        found = (await tx.execute(sa.select(limits.c.id))).scalars().all()
    assert (found == [row["id"]]) is is_kept
