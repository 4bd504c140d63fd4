"""Sessions with a tariff of the full form are priced by what was metered: queued when they end, priced right after.

A handler of events runs inside a transaction and asks nobody; so the session is queued with the event, and a job asks, counts,
and in one transaction makes the CDR, says so, and takes the session off the queue. A crash anywhere before that commit leaves the
session queued; a session has one CDR whatever happens, by its unique key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog

from voltway.charging import metered, pricing
from voltway.charging.metered import Metered
from voltway.charging.pricing import Cost
from voltway.charging.usage import Reservation
from voltway.contracts.access import FindEvsePowers
from voltway.contracts.billing import SessionHeld, SessionPriced
from voltway.contracts.bookings import FindHeldBefore, Held
from voltway.contracts.sessions import FindMetered, SessionEnded, SessionReleased
from voltway.contracts.stations import FindTimeZones
from voltway.kernel import bulk, clock
from voltway.kernel.bus.asks import NobodyAnswers
from voltway.kernel.database import Tx
from voltway.kernel.json import to_json, to_struct
from voltway.kernel.runtime import Runtime
from voltway.modules.billing import rules, store
from voltway.modules.billing.tables import due

log = structlog.get_logger()

AT_ONCE = 100
RETRY = timedelta(seconds=30)


class Priced(NamedTuple):
    """What became of a queued session: a cost, or reasons to hold it."""

    session: SessionEnded
    cost: Cost | None
    reasons: tuple[str, ...] = ()


async def queue(tx: Tx, sessions: Sequence[SessionEnded]) -> None:
    """Sessions to be priced. One that is told twice is queued once; one that was priced before is found to be then."""
    now = clock.now()
    rows = [
        {
            "session_id": session.session_id,
            "operator_id": session.operator_id,
            "station_id": session.station_id,
            "location_id": session.location_id,
            "session": to_json(session),
            "due_at": now,
            "attempts": 0,
            "reasons": "",
            "is_released": "released" in session.review,
        }
        for session in sessions
        if session.tariff is not None and session.tariff.full is not None
    ]
    if rows:
        await bulk.insert_if_absent(tx, due, rows)


async def price_due(runtime: Runtime) -> None:
    """A job: price the sessions that are queued."""
    while True:
        now = clock.now()
        statement = sa.select(due).where(due.c.due_at <= now).order_by(due.c.due_at).limit(AT_ONCE)
        async with runtime.database.read() as tx:
            rows = (await tx.execute(statement)).all()
        if not rows:
            return
        priced = await _price(runtime, rows)
        async with runtime.database.begin() as tx:
            await _conclude(tx, await _still_due(tx, priced, rows))
            waiting = {row.session_id for row in rows} - {each.session.session_id for each in priced}
            if waiting:
                later = {"due_at": now + RETRY, "attempts": due.c.attempts + 1}
                await tx.execute(sa.update(due).where(due.c.session_id.in_(waiting)).values(**later))
        if len(rows) < AT_ONCE:
            return


async def _price(runtime: Runtime, rows: Sequence[Any]) -> list[Priced]:
    """What the sessions cost. Those of which nothing can be learnt now are left out."""
    sessions = [to_struct(row.session, SessionEnded) for row in rows]
    released = {row.session_id for row in rows if row.is_released}
    try:
        used = await runtime.ask(FindMetered(session_ids=tuple(session.session_id for session in sessions)))
        zones = await runtime.ask(
            FindTimeZones(location_ids=tuple({each.location_id for each in sessions if each.location_id}))
        )
        powers = await runtime.ask(FindEvsePowers(station_ids=tuple({each.station_id for each in sessions})))
    except NobodyAnswers as error:
        log.info("billing.not_priced", sessions=len(sessions), error=str(error))
        return []
    held = await held_before(runtime, sessions)
    found = []
    for session in sessions:
        of_it = used.get(session.session_id)
        power_w_max = powers.get(session.station_id, {}).get(session.evse_number or 0)
        zone = ZoneInfo(zones.get(session.location_id or "", "UTC"))
        is_released = session.session_id in released
        # A long session with many prices takes long to count, and stations wait on this loop.
        reserved = held.get(session.session_id)
        found.append(await asyncio.to_thread(price, session, of_it, zone, power_w_max, is_released, reserved))
    return found


async def held_before(runtime: Runtime, sessions: Sequence[SessionEnded]) -> dict[str, Reservation]:
    """How long the EVSEs were held for these sessions, where their tariffs have a price for that."""
    asked = tuple(
        (session.session_id, session.station_id, session.started_at)
        for session in sessions
        if session.tariff is not None and session.tariff.full is not None and session.tariff.full.prices_reservations
    )
    if not asked:
        return {}
    found: dict[str, Held] = await runtime.ask_or(FindHeldBefore(sessions=asked), {})
    return {session_id: Reservation(start=held.start, end=held.end) for session_id, held in found.items()}


def price(
    session: SessionEnded,
    used: Metered | None,
    zone: ZoneInfo,
    power_w_max: float | None,
    is_released: bool = False,
    reserved: Reservation | None = None,
) -> Priced:
    """What a session costs, or why a person should look first. Pure."""
    assert session.tariff is not None
    assert session.tariff.full is not None
    if used is None:
        return Priced(session, None, ("meter_missing",))
    reasons = tuple(rules.doubts(used, power_w_max))
    if reasons and not is_released:
        return Priced(session, None, reasons)
    if used.energy_wh <= 0:
        return Priced(session, pricing.free(session.tariff.currency))
    return Priced(session, pricing.price_usage(session.tariff.full, metered.usage_of(used, zone, reserved)))


async def _still_due(tx: Tx, priced: Sequence[Priced], rows: Sequence[Any]) -> list[Priced]:
    """Those that nobody concluded or released while they were being priced; their rows are locked until the commit."""
    as_read = {row.session_id: row.is_released for row in rows}
    ids = sorted(each.session.session_id for each in priced)
    statement = sa.select(due.c.session_id, due.c.is_released).where(
        due.c.session_id.in_(ids), due.c.due_at.is_not(None)
    )
    found = (await tx.execute(bulk.locked(statement.order_by(due.c.session_id), tx))).all()
    same = {row.session_id for row in found if row.is_released == as_read[row.session_id]}
    return [each for each in priced if each.session.session_id in same]


async def _conclude(tx: Tx, priced: Sequence[Priced]) -> None:
    now = clock.now()
    made = await store.add_cdrs(tx, [(each.session, each.cost) for each in priced if each.cost is not None])
    tx.publish(*(priced_event(cdr_id, session, cost) for cdr_id, session, cost in made))
    for each in priced:
        session = each.session
        if each.cost is None:
            tx.publish(
                SessionHeld(
                    operator_id=session.operator_id,
                    at=now,
                    session_id=session.session_id,
                    station_id=session.station_id,
                    reasons=each.reasons,
                )
            )
            held = {"due_at": None, "reasons": " ".join(each.reasons)}
            await tx.execute(sa.update(due).where(due.c.session_id == session.session_id).values(**held))
    done = [each.session.session_id for each in priced if each.cost is not None]
    if done:
        await tx.execute(sa.delete(due).where(due.c.session_id.in_(done)))


def priced_event(cdr_id: str, session: SessionEnded, cost: Cost, replaces: str | None = None) -> SessionPriced:
    """That a CDR is made."""
    return SessionPriced(
        operator_id=session.operator_id,
        at=clock.now(),
        session_id=session.session_id,
        station_id=session.station_id,
        cdr_id=cdr_id,
        cost=cost,
        id_token_id=session.id_token_id,
        replaces_cdr_id=replaces,
    )


async def on_session_released(runtime: Runtime, tx: Tx, events: Sequence[SessionReleased]) -> None:
    """A person has looked at held sessions: they are priced as they are, or never."""
    now = clock.now()
    for event in events:
        its = due.c.session_id == event.session_id
        if event.is_billed:
            await tx.execute(sa.update(due).where(its).values(due_at=now, is_released=True))
        else:
            await tx.execute(sa.delete(due).where(its))
