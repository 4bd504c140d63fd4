"""Do cars keep to the shares that their stations have accepted? What is measured is held against them, and told when it changes.

A station gets some seconds to follow, and only what it measured after that counts. The rule about it (detection, D28) says how
long it must last.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from voltway.charging.profiles import Unit
from voltway.contracts.sessions import Draw, FindDraws
from voltway.kernel import clock
from voltway.kernel.noticing import Noticed
from voltway.kernel.runtime import Runtime
from voltway.modules.allocation import store

FOLLOWS_WITHIN = timedelta(seconds=15)
TOLERANCE = 1.05
NOISE = {Unit.A: 0.5, Unit.W: 100.0}
"""Meters are not exact: so much more than the share, and a twentieth of it, is no more than the share."""


class Known(NamedTuple):
    """A share as it was seen first."""

    unit: str
    reserved: float
    since: datetime


class Kept:
    """What was found last (Runtime.state)."""

    def __init__(self) -> None:
        self.shares: dict[str, Known] = {}
        self.above: dict[tuple[str, str], bool] = {}
        """Operator and station -> whether one of its cars took more than its share."""


async def compare(runtime: Runtime) -> None:
    """A job: hold what cars take against their shares."""
    kept, now = runtime.state(Kept), clock.now()
    async with runtime.database.read() as tx:
        claims = await store.with_shares(tx)
    kept.shares = {claim.session_id: _known(kept.shares.get(claim.session_id), claim, now) for claim in claims}
    draws: dict[str, Draw] = {}
    if claims:
        draws = await runtime.ask_or(FindDraws(session_ids=tuple(kept.shares)), {})
    # A station without shares is within them: its charges are over, and what they took with them.
    charging = {(claim.operator_id, claim.station_id) for claim in claims}
    above = {place: was and place in charging for place, was in kept.above.items()}
    found: dict[tuple[str, str], bool] = {}
    for claim in claims:
        verdict = is_above(kept.shares[claim.session_id], draws.get(claim.session_id))
        if verdict is not None:
            place = (claim.operator_id, claim.station_id)
            found[place] = found.get(place, False) or verdict
    above |= found
    changed = {place: is_it for place, is_it in above.items() if kept.above.get(place) is not is_it}
    if changed:
        async with runtime.database.begin() as tx:
            tx.publish(*(_told(place, now, is_above=is_it) for place, is_it in changed.items()))
    kept.above = {place: is_it for place, is_it in above.items() if place in charging}


def _told(place: tuple[str, str], at: datetime, *, is_above: bool) -> Noticed:
    operator_id, station_id = place
    facts = {"station_id": station_id, "is_above": is_above}
    return Noticed(operator_id=operator_id, at=at, kind="limit.compared", facts=facts)


def _known(before: Known | None, claim: Any, now: datetime) -> Known:
    if before is not None and (before.unit, before.reserved) == (claim.unit, claim.reserved):
        return before
    return Known(claim.unit, claim.reserved, now)


def is_above(share: Known, draw: Draw | None) -> bool | None:
    """Whether a car took more than its share; None: not told since the share holds. Pure."""
    if draw is None or draw.at < share.since + FOLLOWS_WITHIN:
        return None
    taken = draw.power_w if share.unit == Unit.W else draw.current_a
    return None if taken is None else taken > share.reserved * TOLERANCE + NOISE[Unit(share.unit)]
