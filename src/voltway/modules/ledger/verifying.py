"""Reading a whole ledger to see whether somebody has touched it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NamedTuple

from voltway.kernel import chains
from voltway.kernel.chains import NOTHING, Broken, End
from voltway.kernel.database import Database
from voltway.modules.ledger import anchoring, rules, store

CHUNK = 500


class Verdict(NamedTuple):
    """How a ledger stands. `end`: the last posting up to which it holds."""

    operator_id: str
    end: End
    is_anchored: bool
    """Whether there is a file outside the database that says where the ledger was seen to end."""
    broken: Broken | None


async def verify(database: Database, data_dir: Path | None, operator_id: str, key: bytes) -> Verdict:
    """Walk through an operator's postings, also through those that are added meanwhile."""
    anchor = anchoring.read(data_dir, operator_id)  # before the ledger, which may only be longer
    end, is_over = NOTHING, False
    while True:
        async with database.read() as tx:
            rows = await store.after(tx, operator_id, end.number, CHUNK)
            head = await store.head_of(tx, operator_id)  # after the postings: it is never behind them
        if not rows and (is_over or head.number <= end.number):
            break
        is_over = not rows
        end, broken = await asyncio.to_thread(chains.check, rows, end, anchor, operator_id, key, rules.hash_of)
        if broken is not None:
            return Verdict(operator_id, end, anchor is not None, broken)
    broken = chains.check_end(end, head, anchor, operator_id, key)
    return Verdict(operator_id, end, anchor is not None, broken)
