"""What sessions of fleets took and cost, and what that leaves of their limits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.charging import periods
from voltway.contracts.billing import SessionCredited, SessionPriced
from voltway.contracts.fleets import FindFleetLeft, FindLimitedFleets, FleetLeft
from voltway.contracts.sessions import SessionEnded
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.fleets.rules import ENERGY, add_up
from voltway.modules.fleets.tables import fleets, limits, members, sessions, vehicles

_BY = {"fleet": sessions.c.fleet_id, "vehicle": sessions.c.vehicle_id, "member": sessions.c.id_token_id}

# ---- what is left


async def find_limited_fleets(runtime: Runtime, request: FindLimitedFleets) -> list[str]:
    """The operators of whom a fleet has limits."""
    async with runtime.database.read(is_urgent=True) as tx:
        return list((await tx.execute(sa.select(limits.c.operator_id).distinct())).scalars())


async def find_fleet_left(runtime: Runtime, request: FindFleetLeft) -> list[FleetLeft]:
    """What is left of each limit that tokens fall under. Sessions that run count when they end."""
    target = sa.case(
        (limits.c.kind == "fleet", members.c.fleet_id),
        (limits.c.kind == "vehicle", members.c.vehicle_id),
        else_=members.c.id_token_id,
    )
    statement = (
        sa.select(limits, members.c.id_token_id, fleets.c.time_zone)
        .select_from(members)
        .join(fleets, fleets.c.id == members.c.fleet_id)
        .join(limits, sa.and_(limits.c.fleet_id == members.c.fleet_id, limits.c.target_id == target))
        .where(members.c.operator_id == request.operator_id, members.c.id_token_id.in_(request.id_token_ids))
        .order_by(members.c.id_token_id, limits.c.kind, limits.c.span, limits.c.unit)
    )
    now = clock.now()
    async with runtime.database.read(is_urgent=True) as tx:
        found = []
        for row in (await tx.execute(statement)).all():
            since = periods.began(row.span, row.time_zone, now)
            is_energy = row.unit == ENERGY
            what = sessions.c.energy_wh if is_energy else sessions.c.incl_vat_minor
            counted = sa.select(sa.func.coalesce(sa.func.sum(what), 0)).where(
                sessions.c.fleet_id == row.fleet_id, _BY[row.kind] == row.target_id, sessions.c.ended_at >= since
            )
            if not is_energy:
                counted = counted.where(sessions.c.currency == row.unit)
            taken = int((await tx.execute(counted)).scalar_one())
            found.append(
                FleetLeft(
                    id_token_id=row.id_token_id,
                    kind=row.kind,
                    span=row.span,
                    since=since,
                    limit=row.amount,
                    left=row.amount - taken,
                    currency=None if is_energy else row.unit,
                )
            )
        return found


async def find_uses(tx: Tx, zones: Mapping[str, str], wanted: Sequence[Any]) -> list[tuple[Any, datetime, int]]:
    """Of each of these limits since when it counts now, and what was taken since: Wh, or minor units of its currency.

    `zones`: the time zones of their fleets. Sessions are added up once for each beginning of a time, and not once for each limit.
    """
    now = clock.now()
    begun = [periods.began(limit.span, zones[limit.fleet_id], now) for limit in wanted]
    fleet_ids: defaultdict[datetime, set[str]] = defaultdict(set)
    for limit, since in zip(wanted, begun, strict=True):
        fleet_ids[since].add(limit.fleet_id)
    by = [sessions.c.fleet_id, sessions.c.currency]
    if any(limit.kind != "fleet" for limit in wanted):
        by += [sessions.c.vehicle_id, sessions.c.id_token_id]
    taken: dict[datetime, Counter[tuple[str, str, str]]] = {}
    for since, ids in fleet_ids.items():
        sums = (
            sa.select(
                *by,
                sa.func.sum(sessions.c.energy_wh).label("energy_wh"),
                sa.func.sum(sessions.c.incl_vat_minor).label("incl_vat_minor"),
            )
            .where(sessions.c.fleet_id.in_(ids), sessions.c.ended_at >= since)
            .group_by(*by)
        )
        taken[since] = add_up((await tx.execute(sums)).all())
    return [
        (limit, since, taken[since][limit.kind, limit.target_id, limit.unit])
        for limit, since in zip(wanted, begun, strict=True)
    ]


# ---- what sessions took


async def on_session_ended(runtime: Runtime, tx: Tx, events: Sequence[SessionEnded]) -> None:
    """A session of a member's token is its fleet's, its vehicle's and its cost centre's, once and for good."""
    for event in events:
        if event.id_token_id is None:
            continue
        member = await _member(tx, event.operator_id, event.id_token_id)
        if member is None:
            continue
        row = {
            "session_id": event.session_id,
            "operator_id": event.operator_id,
            "fleet_id": member.fleet_id,
            "id_token_id": event.id_token_id,
            "vehicle_id": member.vehicle_id,
            "cost_centre_id": member.cost_centre_id or member.of_vehicle,
            "ended_at": event.ended_at,
            "energy_wh": event.energy_wh,
            "cdr_id": None,
            "incl_vat_minor": None,
            "excl_vat_minor": None,
            "currency": None,
        }
        await bulk.insert_if_absent(tx, sessions, [row])


async def _member(tx: Tx, operator_id: str, id_token_id: str) -> Any | None:
    statement = (
        sa.select(members, vehicles.c.cost_centre_id.label("of_vehicle"))
        .select_from(members)
        .outerjoin(vehicles, vehicles.c.id == members.c.vehicle_id)
        .where(members.c.operator_id == operator_id, members.c.id_token_id == id_token_id)
    )
    return (await tx.execute(statement)).one_or_none()


async def on_session_priced(runtime: Runtime, tx: Tx, events: Sequence[SessionPriced]) -> None:
    """A session costs what its CDR says."""
    for event in events:
        amounts = {
            "cdr_id": event.cdr_id,
            "incl_vat_minor": event.cost.incl_vat.minor,
            "excl_vat_minor": event.cost.excl_vat.minor,
            "currency": event.cost.incl_vat.currency,
        }
        is_it = sa.and_(sessions.c.session_id == event.session_id, sessions.c.operator_id == event.operator_id)
        await tx.execute(sa.update(sessions).where(is_it).values(**amounts))


async def on_session_credited(runtime: Runtime, tx: Tx, events: Sequence[SessionCredited]) -> None:
    """A CDR is taken back: the session costs nothing, until a corrected one says otherwise."""
    for event in events:
        is_it = sa.and_(
            sessions.c.session_id == event.session_id,
            sessions.c.operator_id == event.operator_id,
            sessions.c.cdr_id == event.cdr_id,  # one that was replaced already is not taken back twice
        )
        await tx.execute(sa.update(sessions).where(is_it).values(cdr_id=None, incl_vat_minor=0, excl_vat_minor=0))
