"""On how many phases a car draws, and how much, by what was measured last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from voltway.contracts.sessions import Draw, FindDraws, FindPhasesInUse
from voltway.kernel import clock
from voltway.kernel.runtime import Runtime
from voltway.modules.sessions.tables import samples

RECENT = timedelta(minutes=15)
SAMPLES_MAX = 5000
_CURRENT_A, _POWER_W = 3.0, 690.0
_MEASURANDS = {"Current.Import": _CURRENT_A, "Power.Active.Import": _POWER_W}
"""What tells of phases, and the least at which it does: a car that hardly draws may be about to use others."""
IDLE_SHARE = 0.2
"""A phase with less than this of the fullest one carries the electronics only."""


def phases_in_use(phases: Mapping[str, Mapping[str, float]] | None) -> int | None:
    """How many phases carry the charge, by measurand and phase; None: it does not tell."""
    for measurand, least in _MEASURANDS.items():
        by_phase = {name: value for name, value in ((phases or {}).get(measurand) or {}).items() if name[:2] in _PHASES}
        most = max(by_phase.values(), default=0.0)
        if most >= least and len(by_phase) > 1:
            return sum(value >= most * IDLE_SHARE for value in by_phase.values())
    return None


_PHASES = ("L1", "L2", "L3")


async def find_phases_in_use(runtime: Runtime, request: FindPhasesInUse) -> dict[str, int]:
    """By the latest sample of each session that tells of phases."""
    statement = (
        sa.select(samples.c.session_id, samples.c.phases)
        .where(samples.c.session_id.in_(request.session_ids), samples.c.at >= clock.now() - RECENT)
        .order_by(samples.c.at.desc(), samples.c.id.desc())
        .limit(SAMPLES_MAX)
    )
    found: dict[str, int] = {}
    async with runtime.database.read() as tx:
        for row in (await tx.execute(statement)).all():
            count = phases_in_use(row.phases) if row.session_id not in found else None
            if count is not None:
                found[row.session_id] = count
    return found


async def find_draws(runtime: Runtime, request: FindDraws) -> dict[str, Draw]:
    """By the latest sample of each session that tells of power or current."""
    told = sa.or_(samples.c.power_w.is_not(None), samples.c.current_a.is_not(None), samples.c.phases.is_not(None))
    statement = (
        sa.select(samples.c.session_id, samples.c.at, samples.c.power_w, samples.c.current_a, samples.c.phases)
        .where(samples.c.session_id.in_(request.session_ids), samples.c.at >= clock.now() - RECENT, told)
        .order_by(samples.c.at.desc(), samples.c.id.desc())
        .limit(SAMPLES_MAX)
    )
    found: dict[str, Draw] = {}
    async with runtime.database.read() as tx:
        for row in (await tx.execute(statement)).all():
            if row.session_id not in found:
                found[row.session_id] = draw_of(row.at, row.power_w, row.current_a, row.phases)
    return found


def draw_of(
    at: datetime, power_w: float | None, current_a: float | None, phases: Mapping[str, Mapping[str, float]] | None
) -> Draw:
    """A sample's draw; of currents by phase the greatest, else the one that is told for all."""
    by_phase = [value for name, value in ((phases or {}).get("Current.Import") or {}).items() if name[:2] in _PHASES]
    powers = [value for name, value in ((phases or {}).get("Power.Active.Import") or {}).items() if name[:2] in _PHASES]
    return Draw(
        at=at,
        power_w=power_w if power_w is not None or not powers else sum(powers),
        current_a=max(by_phase) if by_phase else current_a,
    )
