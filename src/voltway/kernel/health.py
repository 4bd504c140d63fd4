"""Whether this process lives, and whether it can do its work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from voltway.kernel.runtime import Runtime

log = structlog.get_logger()


async def failing_checks(runtime: Runtime) -> list[str]:
    """The names of what keeps this process from its work; empty when it is ready."""
    failing = [] if runtime.is_ready else ["start"]
    try:
        await runtime.database.check()
    except Exception as error:
        log.warning("database.unreachable", error=repr(error)[:300])
        failing.append("database")
    if runtime.commits.is_stalled:
        failing.append("commits")
    return failing
