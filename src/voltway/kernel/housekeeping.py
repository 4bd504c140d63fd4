"""The kernel as a module of every process: its settings (`http`) and the jobs that keep its tables small."""

from __future__ import annotations

from voltway.kernel.auth import browser_sessions
from voltway.kernel.bus import outbox
from voltway.kernel.http import idempotency
from voltway.kernel.http.settings import HttpSettings
from voltway.kernel.metrics import measure_loop_lag
from voltway.kernel.module import Job, Manifest
from voltway.kernel.runtime import Runtime

_HOUR_S = 3600.0
EVENTS_KEPT_S = 24 * _HOUR_S
_CHUNK = 5000


async def forget_sessions(runtime: Runtime) -> None:
    """Delete browser sessions that have ended."""
    await browser_sessions.forget_ended(runtime.database)


async def forget_answers(runtime: Runtime) -> None:
    """Delete idempotency keys after their day."""
    await idempotency.forget_old(runtime.database)


async def forget_events(runtime: Runtime) -> None:
    """Delete events that everybody has seen, in chunks, so that nobody waits long for the writer."""
    while await outbox.forget_before(runtime.database, EVENTS_KEPT_S, _CHUNK) >= _CHUNK:
        pass


async def checkpoint(runtime: Runtime) -> None:
    """Keep SQLite's write-ahead log short without holding up a commit."""
    await runtime.database.checkpoint()


MANIFEST = Manifest(
    name="http",
    settings=HttpSettings,
    jobs=(
        Job("forget_sessions", _HOUR_S, forget_sessions),
        Job("forget_answers", _HOUR_S, forget_answers),
        Job("forget_events", 60.0, forget_events),
        Job("measure_loop_lag", 1.0, measure_loop_lag),
        Job("checkpoint", 1.0, checkpoint),
    ),
)
