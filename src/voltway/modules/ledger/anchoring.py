"""Where each ledger was seen to end: `audit/<operator_id>.ledger.json` in the data directory (kernel/anchors.py)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import structlog

from voltway.kernel import anchors, audit
from voltway.kernel.chains import End
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import derive_key
from voltway.modules.ledger import rules, store

log = structlog.get_logger()


class Anchored:
    """What this process has seen (Runtime.state)."""

    def __init__(self) -> None:
        self.broken: set[str] = set()
        """Operators whose ledger was found broken, and who have been told."""


def read(data_dir: Path | None, operator_id: str) -> End | None:
    """Where an operator's ledger was seen to end; None if nothing has been written."""
    return anchors.read(data_dir, _name_of(operator_id))


async def move(runtime: Runtime) -> None:
    """A job: bring the files to where the ledgers end, and say so where one is not what it was."""
    if runtime.data_dir is None:
        return
    key = derive_key(runtime.secret, rules.SEAL_PURPOSE)
    async with runtime.database.read() as tx:
        ends = await store.operators_with_books(tx)
        broken = await anchors.move(runtime.data_dir, ends, partial(store.hash_at, tx), key, _name_of)
    anchored = runtime.state(Anchored)
    for operator_id in broken.keys() - anchored.broken:
        anchored.broken.add(operator_id)
        number = broken[operator_id]
        log.error("ledger.chain_broken", operator_id=operator_id, number=number)
        async with runtime.database.begin() as tx:
            target = ("ledger", operator_id)
            audit.note(
                tx, None, "ledger.broken", target, operator_id=operator_id, by="ledger", after={"number": number}
            )


def _name_of(operator_id: str) -> str:
    return f"{operator_id}.ledger"
