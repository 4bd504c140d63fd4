"""What the ledger listens to. It only writes down what it has heard: posting needs to ask, and no one may ask in a transaction."""

from __future__ import annotations

from collections.abc import Sequence

from voltway.contracts.sessions import SessionEnded
from voltway.kernel import bulk, clock
from voltway.kernel.bus.event import Event
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.modules.ledger import rules, store
from voltway.modules.ledger.tables import sessions


async def on_facts(runtime: Runtime, tx: Tx, events: Sequence[Event]) -> None:
    """Keep facts to be posted, each once."""
    now = clock.now()
    rows = [
        {
            "id": new_id(),
            "operator_id": fact.operator_id,
            "fact_key": rules.key_of(fact),
            "kind": type(fact).__name__,
            "document": rules.document_of(fact),
            "heard_at": now,
            "due_at": now,
        }
        for fact in events
    ]
    await store.hear(tx, rows)


async def on_sessions(runtime: Runtime, tx: Tx, events: Sequence[SessionEnded]) -> None:
    """Keep where sessions were: a session ends before it is priced, so it is known when its CDR is posted."""
    rows = {
        event.session_id: {
            "session_id": event.session_id,
            "operator_id": event.operator_id,
            "location_id": event.location_id,
            "energy_wh": event.energy_wh,
        }
        for event in events
    }
    await bulk.insert_if_absent(tx, sessions, list(rows.values()))
