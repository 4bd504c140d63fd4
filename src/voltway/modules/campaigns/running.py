"""The job that takes campaigns on: hear how orders ended, decide, tell the next stations."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from voltway.contracts.files import FindFirmwareEnds
from voltway.contracts.stations import SendCommand
from voltway.kernel import audit, clock
from voltway.kernel.database import Tx
from voltway.kernel.errors import Problem
from voltway.kernel.runtime import Runtime
from voltway.modules.campaigns import rules, store

BY = "firmware campaign"
ORDER = "update_firmware"


async def go_on(runtime: Runtime) -> None:
    """Job: each running campaign, one after the other."""
    async with runtime.database.read() as tx:
        rows = await store.running(tx)
    for row in rows:
        await _hear(runtime, row)
        for station_id in await _decide(runtime, row.id):
            await _order(runtime, row, station_id)


async def _hear(runtime: Runtime, campaign: Any) -> None:
    """How the orders ended that were given; one that says nothing for too long has failed."""
    async with runtime.database.read() as tx:
        busy = [each for each in await store.members(tx, campaign.id) if each.state == rules.ORDERED]
    if not busy:
        return
    question = FindFirmwareEnds(
        operator_id=campaign.operator_id,
        image_id=campaign.image_id,
        station_ids=tuple(each.station_id for each in busy),
        since=min(each.ordered_at for each in busy),
    )
    ends, now = await runtime.ask(question), clock.now()
    timeout = timedelta(seconds=campaign.timeout_s)
    async with runtime.database.begin() as tx:
        for each in busy:
            end = ends.get(each.station_id)
            if end is not None and end.requested_at >= each.ordered_at:
                await store.end_order(tx, campaign.id, each.station_id, rules.after_end(end.outcome, end.status, now))
            elif now - each.ordered_at > timeout:
                failed = {"state": rules.FAILED, "detail": "timed_out", "ended_at": now}
                await store.end_order(tx, campaign.id, each.station_id, failed)


async def _decide(runtime: Runtime, campaign_id: str) -> tuple[str, ...]:
    """The stations to tell now, noted as told before they are: a crash between tells nobody twice."""
    async with runtime.database.begin() as tx:
        row = await store.get(tx, campaign_id, is_locked=True)
        if row.state != rules.RUNNING:
            return ()
        now = clock.now()
        members = [
            rules.Member(each.station_id, each.wave, each.state, each.due_at, each.ended_at)
            for each in await store.members(tx, campaign_id)
        ]
        local = now.astimezone(ZoneInfo(row.time_zone)).time()
        decision = rules.decide(members, _bounds(row), now, local)
        if decision.state is not None:
            await _end(tx, row, decision, now)
        elif decision.wave != row.wave:
            await store.change(tx, campaign_id, {"wave": decision.wave})
        if decision.to_order:
            told = {"state": rules.ORDERED, "ordered_at": now, "due_at": None, "detail": None}
            await store.change_members(tx, campaign_id, decision.to_order, told)
        return decision.to_order


async def _end(tx: Tx, row: Any, decision: rules.Decision, now: datetime) -> None:
    """A campaign is over, or rests because too much went wrong; the audit log hears of it."""
    values: dict[str, Any] = {"state": decision.state, "reason": decision.reason, "wave": decision.wave}
    if decision.state in rules.OVER:
        values["ended_at"] = now
    await store.change(tx, row.id, values)
    told = {"state": decision.state, "reason": decision.reason}
    target = ("firmware_campaign", row.id)
    audit.note(tx, None, "firmware_campaign.ended", target, operator_id=row.operator_id, by=BY, after=told)


async def _order(runtime: Runtime, campaign: Any, station_id: str) -> None:
    """Tell a station. What it cannot do at all is skipped, with why."""
    request = SendCommand(
        operator_id=campaign.operator_id,
        station_id=station_id,
        type=ORDER,
        arguments={"image_id": campaign.image_id},
        requested_by=f"{BY} {campaign.name}"[:200],
    )
    try:
        await runtime.ask(request)
    except Problem as problem:
        skipped = {"state": rules.SKIPPED, "detail": problem.detail[:200], "ended_at": clock.now()}
        async with runtime.database.begin() as tx:
            await store.end_order(tx, campaign.id, station_id, skipped)


def _bounds(row: Any) -> rules.Bounds:
    window = None
    if row.window_from is not None:
        window = (time.fromisoformat(row.window_from), time.fromisoformat(row.window_until))
    return rules.Bounds(row.failures_max, row.parallel_max, timedelta(seconds=row.soak_s), window)
