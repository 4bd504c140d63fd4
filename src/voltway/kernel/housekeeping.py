"""The kernel as a module of every process: its settings (`http`) and the jobs that keep its tables small."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.audit import ActDone
from voltway.kernel.auth import api_keys, browser_sessions, devices, tables, tickets
from voltway.kernel.bus import outbox
from voltway.kernel.database import Tx
from voltway.kernel.http import idempotency
from voltway.kernel.http.settings import HttpSettings
from voltway.kernel.metrics import count_parked_events, measure_loop_lag
from voltway.kernel.module import Job, Manifest
from voltway.kernel.noticing import Noticed, Notices
from voltway.kernel.restoring import POSITIONS_SKIPPED, Restored
from voltway.kernel.runtime import Runtime

_HOUR_S = 3600.0
EVENTS_KEPT_S = 24 * _HOUR_S
_CHUNK = 5000


async def forget_sessions(runtime: Runtime) -> None:
    """Delete what people and machines logged in with and cannot use any more."""
    await browser_sessions.forget_ended(runtime.database)
    await tickets.forget_ended(runtime.database)
    await devices.forget_unused(runtime.database)
    await api_keys.forget_tokens(runtime.database)


async def forget_answers(runtime: Runtime) -> None:
    """Delete idempotency keys after their day."""
    await idempotency.forget_old(runtime.database)


async def forget_events(runtime: Runtime) -> None:
    """Delete events that everybody has seen, in chunks, so that nobody waits long for the writer."""
    while await outbox.forget_before(runtime.database, EVENTS_KEPT_S, _CHUNK) >= _CHUNK:
        pass


async def on_restored(tx: Tx, restored: Restored) -> None:
    """No position of the outbox comes again, and everybody logs in anew."""
    await outbox.skip(tx, POSITIONS_SKIPPED)
    await tx.execute(sa.delete(tables.browser_sessions))


async def checkpoint(runtime: Runtime) -> None:
    """Keep SQLite's write-ahead log short without holding up a commit."""
    await runtime.database.checkpoint()


async def tell_notices(runtime: Runtime) -> None:
    """Publish what was noticed beside transactions."""
    await runtime.state(Notices).tell(runtime.database)


MANIFEST = Manifest(
    name="http",
    settings=HttpSettings,
    publishes=(Noticed, ActDone),
    restored=on_restored,
    jobs=(
        Job("forget_sessions", _HOUR_S, forget_sessions),
        Job("forget_answers", _HOUR_S, forget_answers),
        Job("forget_events", 60.0, forget_events),
        Job("count_parked_events", 60.0, count_parked_events, everywhere=True),
        Job("measure_loop_lag", 1.0, measure_loop_lag, everywhere=True),
        Job("checkpoint", 1.0, checkpoint, everywhere=True),
        Job("tell_notices", 1.0, tell_notices, everywhere=True),
    ),
)
