"""Reports that are mailed when their period is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog

from voltway.contracts.notify import MailWanted
from voltway.contracts.stations import DescribeLocations, NamedLocation
from voltway.kernel import bulk, clock
from voltway.kernel.auth import Principal, Role
from voltway.kernel.database import Tx
from voltway.kernel.errors import Problem
from voltway.kernel.runtime import Runtime
from voltway.modules.reports import queries, rolling, rules
from voltway.modules.reports.asking import Wanted
from voltway.modules.reports.settings import ReportsSettings
from voltway.modules.reports.tables import evses, places, schedules
from voltway.modules.reports.writing import as_text

log = structlog.get_logger()

AFTER = timedelta(hours=1)
"""A report waits so long after its period: stations that were offline bring what they have."""
TEXT_MAX = 15_000


def next_at(period: str, zone: ZoneInfo, now: datetime) -> datetime:
    """When the period that an instant is in will be mailed; the one before, if that is still to come."""
    begins = date.fromisoformat(rules.period_of(rules.day_of(now, zone), period))
    due = rules.begins_at(begins, zone) + AFTER
    return due if due > now else rules.begins_at(rules.next_period(begins, period), zone) + AFTER


async def places_of(runtime: Runtime, operator_id: str) -> dict[str, NamedLocation]:
    """What the locations are called at which an operator has EVSEs or had sessions, and their time zones."""
    async with runtime.database.read(operator_id) as tx:
        at = sa.union(
            sa.select(evses.c.location_id).where(evses.c.operator_id == operator_id),
            sa.select(places.c.location_id).where(places.c.operator_id == operator_id),
        )
        ids = [each for each in (await tx.execute(at)).scalars() if each is not None]
    if not ids:
        return {}
    question = DescribeLocations(operator_id=operator_id, location_ids=tuple(sorted(ids)))
    return {place.location_id: place for place in await runtime.ask(question)}


async def mail_due(runtime: Runtime) -> None:
    """A job: mail what is due. A report that comes round late is of the last period that is over."""
    async with runtime.database.read() as tx:
        due = (await tx.execute(sa.select(schedules).where(schedules.c.next_at <= clock.now()).limit(100))).all()
    if due:
        await rolling.roll_up(runtime)
    for schedule in due:
        await _mail(runtime, schedule)


async def _mail(runtime: Runtime, schedule: Any) -> None:
    settings = runtime.settings(ReportsSettings)
    zone = ZoneInfo(settings.time_zone)
    now = clock.now()
    since, until = rules.period_before(date.fromisoformat(rules.day_of(now, zone)), schedule.period)
    wanted = wanted_of(schedule, since, until)
    named = await places_of(runtime, schedule.operator_id)
    async with runtime.database.begin() as tx:
        mine = sa.select(schedules.c.next_at).where(schedules.c.id == schedule.id)
        if (await tx.execute(bulk.locked(mine, tx))).scalar_one_or_none() != schedule.next_at:
            return  # another process was first, or it was taken away
        await tx.execute(
            sa.update(schedules)
            .where(schedules.c.id == schedule.id)
            .values(next_at=next_at(schedule.period, zone, now))
        )
        try:
            table = await queries.make(tx, _reader(schedule), wanted, named, settings)
            text = as_text(table, TEXT_MAX)
        except Problem as problem:
            log.warning("report.not_made", schedule_id=schedule.id, error=problem.detail)
            text = f"The report could not be made: {problem.detail}\n"
        _send(tx, schedule, since, until, text)


def _reader(schedule: Any) -> Principal:
    """A schedule is made by whoever sees all of the operator's locations, and reads as such."""
    return Principal(
        id=schedule.id, name="reports", kind="api_key", role=Role.AUDITOR, operator_id=schedule.operator_id
    )


def wanted_of(schedule: Any, since: date, until: date) -> Wanted:
    """What a schedule asks for."""
    chosen: dict[str, Any] = {name: tuple(values) for name, values in schedule.filters.items()}
    return Wanted(schedule.kind, since, until, tuple(schedule.group_by), **chosen)


def _send(tx: Tx, schedule: Any, since: date, until: date, text: str) -> None:
    emails: Sequence[str] = schedule.emails
    for email in emails:
        mail_id = f"report:{schedule.id}:{since}:{rules.short(email)}"
        title = f"{schedule.name}: {since} to {until - timedelta(days=1)}"
        tx.publish(
            MailWanted(
                operator_id=schedule.operator_id,
                at=clock.now(),
                mail_id=mail_id,
                kind="report.due",
                to=email,
                subject=title[:200],
                text=text,
            )
        )
