"""Where each chain of the log was seen to end: `audit/<operator_id>.json` in the data directory (kernel/anchors.py)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import structlog

from voltway.kernel import anchors, audit
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import derive_key
from voltway.modules.audit import rules, store
from voltway.modules.audit.rules import End

log = structlog.get_logger()


class Anchored:
    """What this process has written (Runtime.state)."""

    def __init__(self) -> None:
        self.is_due = True
        self.broken: set[str] = set()
        """Operators whose chain was found broken, and who have been told."""


def read(data_dir: Path | None, operator_id: str) -> End | None:
    """Where an operator's chain was seen to end; None if nothing has been written."""
    return anchors.read(data_dir, operator_id)


async def move(runtime: Runtime) -> None:
    """A job: bring the files to where the chains end."""
    anchored = runtime.state(Anchored)
    if runtime.data_dir is None or not anchored.is_due:
        return
    anchored.is_due = False
    key = derive_key(runtime.secret, rules.SEAL_PURPOSE)
    async with runtime.database.read() as tx:
        ends = await store.all_heads(tx)
        broken = await anchors.move(runtime.data_dir, ends, partial(store.hash_at, tx), key, str)
    await _tell(runtime, anchored, broken)


async def _tell(runtime: Runtime, anchored: Anchored, broken: dict[str, int]) -> None:
    """Once of each: the log's own entry about its break is one more that the file cannot move to."""
    for operator_id, number in broken.items():
        if operator_id in anchored.broken:
            continue
        anchored.broken.add(operator_id)
        log.error("audit.chain_broken", operator_id=operator_id, number=number)
        async with runtime.database.begin() as tx:
            target = ("audit_log", operator_id)
            audit.note(tx, None, "audit.broken", target, operator_id=operator_id, by="audit", after={"number": number})
