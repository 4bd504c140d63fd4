"""What the audit module listens to."""

from __future__ import annotations

from collections.abc import Sequence

from voltway.kernel.audit import ActDone
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import derive_key
from voltway.modules.audit import rules, store
from voltway.modules.audit.anchors import Anchored


async def on_acts(runtime: Runtime, tx: Tx, events: Sequence[ActDone]) -> None:
    """Append acts to the chains of their operators, in the order in which they were committed."""
    key = derive_key(runtime.secret, rules.SEAL_PURPOSE)
    by_operator: dict[str, dict[str, ActDone]] = {}
    for event in events:
        by_operator.setdefault(event.operator_id, {}).setdefault(event.act_id, event)
    for operator_id, acts in sorted(by_operator.items()):  # sorted: two processes lock the heads in the same order
        end = await store.lock_head(tx, operator_id)
        known = await store.known_acts(tx, acts)
        rows = rules.chained((act for act_id, act in acts.items() if act_id not in known), operator_id, end, key)
        if rows:
            await store.append(tx, operator_id, rows)
    tx.after_commit(lambda: _have_moved(runtime))


def _have_moved(runtime: Runtime) -> None:
    runtime.state(Anchored).is_due = True
