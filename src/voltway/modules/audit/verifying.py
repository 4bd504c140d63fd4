"""Reading a whole chain to see whether somebody has touched it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NamedTuple

from voltway.kernel.database import Database
from voltway.modules.audit import anchors, rules, store
from voltway.modules.audit.rules import NOTHING, Broken, End

CHUNK = 500


class Verdict(NamedTuple):
    """How a chain stands. `end`: the last entry up to which it holds."""

    operator_id: str
    end: End
    is_anchored: bool
    """Whether there is a file outside the database that says where the chain was seen to end."""
    broken: Broken | None


async def verify(database: Database, data_dir: Path | None, operator_id: str, key: bytes) -> Verdict:
    """Walk through an operator's chain, also through what is appended meanwhile."""
    anchor = anchors.read(data_dir, operator_id)  # before the chain, which may only be longer
    end, is_over = NOTHING, False
    while True:
        async with database.read() as tx:
            rows = await store.after(tx, operator_id, end.number, CHUNK)
            head = await store.head_of(tx, operator_id)  # after the entries: it is never behind them
        if not rows and (is_over or head.number <= end.number):
            break
        is_over = not rows  # what was appended between the two is there now, or it never will be
        found = [row._mapping for row in rows]
        end, broken = await asyncio.to_thread(rules.check, found, end, anchor, operator_id, key)
        if broken is not None:
            return Verdict(operator_id, end, anchor is not None, broken)
    broken = rules.check_end(end, head, anchor, operator_id, key)
    return Verdict(operator_id, end, anchor is not None, broken)
