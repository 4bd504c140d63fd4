"""All SQL of the energy module."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.contracts.energy import (
    InstalledProfile,
    NeedsStatus,
    ProfileFilter,
    ReportCarSchedule,
    ReportChargingLimit,
    ReportChargingLimitCleared,
    ReportChargingNeeds,
    ReportPriorityCharging,
    ReportProfiles,
    ReportProfileSet,
)
from voltway.contracts.station_link import Report
from voltway.kernel import bulk
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.modules.energy.errors import ProfileNotFound
from voltway.modules.energy.tables import car_schedules, limits, needs, priorities, profiles

PURGE_ROWS = 500

_PROFILE_KEY = ("station_id", "charging_profile_id", "evse_number")
_PROFILE_CHANGES = ("source", "purpose", "kind", "stack_level", "transaction_id", "document", "is_confirmed", "told_at")
OF_NEEDS = (
    "transfer_mode",
    "control_mode",
    "departure_at",
    "periods_max",
    "energy_wh",
    "current_a_min",
    "current_a_max",
    "power_w_max",
    "discharge_power_w_max",
    "soc_percent",
    "document",
)


def _of_station(report: Report) -> dict[str, Any]:
    return {"id": new_id(), "operator_id": report.operator_id, "station_id": report.station_id}


# ---- profiles


async def keep_profiles(tx: Tx, report: ReportProfiles) -> None:
    """Write what a station reports; at the end of what was asked for, forget what it has not told of."""
    rows = [_profile_row(report, profile, is_confirmed=True) for profile in report.profiles]
    unique = {(row["charging_profile_id"], row["evse_number"]): row for row in rows}
    await bulk.upsert(tx, profiles, list(unique.values()), key=_PROFILE_KEY, update=_PROFILE_CHANGES)
    if report.complete_since is not None:
        gone = (*_fitting(report.station_id, report.asked), profiles.c.told_at < report.complete_since)
        await tx.execute(sa.delete(profiles).where(*gone))


async def set_profile(tx: Tx, report: ReportProfileSet) -> None:
    """Write a profile that a station has accepted, in place of what it replaces."""
    profile = report.profile
    replaced = profiles.c.charging_profile_id == profile.charging_profile_id
    if report.replaces_level:
        replaced |= sa.and_(
            profiles.c.evse_number == profile.evse_number,
            profiles.c.purpose == profile.purpose,
            profiles.c.stack_level == profile.stack_level,
        )
    await tx.execute(sa.delete(profiles).where(profiles.c.station_id == report.station_id, replaced))
    await bulk.insert(tx, profiles, [_profile_row(report, profile, is_confirmed=False)])


def _profile_row(report: Report, profile: InstalledProfile, *, is_confirmed: bool) -> dict[str, Any]:
    return {
        **_of_station(report),
        **{name: getattr(profile, name) for name in InstalledProfile.__struct_fields__},
        "is_confirmed": is_confirmed,
        "told_at": report.received_at,
    }


async def clear_profiles(tx: Tx, station_id: str, cleared: ProfileFilter) -> set[str]:
    """Forget the profiles that fit; their purposes."""
    fitting = _fitting(station_id, cleared)
    found = (await tx.execute(sa.select(profiles.c.purpose).where(*fitting))).scalars().all()
    await tx.execute(sa.delete(profiles).where(*fitting))
    return set(found)


def _fitting(station_id: str, wanted: ProfileFilter) -> tuple[sa.ColumnElement[bool], ...]:
    conditions = [profiles.c.station_id == station_id]
    if wanted.evse_number is not None:
        conditions.append(profiles.c.evse_number == wanted.evse_number)
    if wanted.charging_profile_ids:
        conditions.append(profiles.c.charging_profile_id.in_(wanted.charging_profile_ids))
    if wanted.purpose is not None:
        conditions.append(profiles.c.purpose == wanted.purpose)
    if wanted.stack_level is not None:
        conditions.append(profiles.c.stack_level == wanted.stack_level)
    if wanted.sources:
        conditions.append(profiles.c.source.in_(wanted.sources))
    return tuple(conditions)


async def forget_transactions(tx: Tx, ended: Collection[tuple[str, str]]) -> None:
    """Transactions, each (station's id, its id there), are over: their profiles are gone (K01: they end with it)."""
    statement = sa.select(profiles.c.id, profiles.c.station_id, profiles.c.transaction_id).where(
        profiles.c.station_id.in_({station_id for station_id, _ in ended}), profiles.c.transaction_id.is_not(None)
    )
    gone = [row.id for row in (await tx.execute(statement)).all() if (row.station_id, row.transaction_id) in ended]
    if gone:
        await tx.execute(sa.delete(profiles).where(profiles.c.id.in_(gone)))


async def profiles_of(tx: Tx, station_id: str) -> Sequence[Any]:
    """The profiles of a station."""
    return (await tx.execute(sa.select(profiles).where(profiles.c.station_id == station_id))).all()


async def find_dynamic(tx: Tx, station_id: str, charging_profile_id: int) -> Any:
    """A dynamic profile of a station, locked, or None."""
    statement = sa.select(profiles).where(
        profiles.c.station_id == station_id,
        profiles.c.charging_profile_id == charging_profile_id,
        profiles.c.kind == "Dynamic",
    )
    return (await tx.execute(bulk.locked(statement.limit(1), tx))).one_or_none()


async def get_dynamic(tx: Tx, station_id: str, charging_profile_id: int) -> Any:
    """The same. Raises ProfileNotFound."""
    row = await find_dynamic(tx, station_id, charging_profile_id)
    if row is None:
        raise ProfileNotFound(f"The charging station has no dynamic charging profile {charging_profile_id}.")
    return row


async def change_profile(tx: Tx, row_id: str, **values: Any) -> None:
    """Change a profile's row."""
    await tx.execute(sa.update(profiles).where(profiles.c.id == row_id).values(**values))


# ---- limits from outside


async def limits_of(tx: Tx, station_id: str) -> Sequence[Any]:
    """The limits of a station that hold, locked."""
    statement = sa.select(limits).where(limits.c.station_id == station_id, limits.c.ended_at.is_(None))
    return (await tx.execute(bulk.locked(statement, tx))).all()


async def add_limit(tx: Tx, report: ReportChargingLimit) -> None:
    """A limit holds from now on."""
    row = {
        **_of_station(report),
        "evse_number": report.evse_number,
        "source": report.source,
        "is_grid_critical": report.is_grid_critical,
        "is_local_generation": report.is_local_generation,
        "schedules": list(report.schedules),
        "began_at": report.received_at,
    }
    await bulk.insert(tx, limits, [row])


async def end_limits(tx: Tx, report: ReportChargingLimit | ReportChargingLimitCleared) -> None:
    """The limits of this source hold no longer: at an EVSE, or all."""
    conditions = [
        limits.c.station_id == report.station_id,
        limits.c.source == report.source,
        limits.c.ended_at.is_(None),
    ]
    if report.evse_number is not None:
        conditions.append(limits.c.evse_number == report.evse_number)
    await tx.execute(sa.update(limits).where(*conditions).values(ended_at=report.received_at))


# ---- what cars want


async def add_needs(tx: Tx, report: ReportChargingNeeds, status: NeedsStatus, session_id: str | None) -> None:
    """A car's needs, in place of what was known of its EVSE; a plan for them is due unless they are refused."""
    await tx.execute(
        sa.update(needs)
        .where(
            needs.c.station_id == report.station_id,
            needs.c.evse_number == report.evse_number,
            needs.c.is_current.is_(True),
        )
        .values(is_current=False, due_at=None)
    )
    is_planned = status in (NeedsStatus.ACCEPTED, NeedsStatus.PROCESSING)
    row = {
        **_of_station(report),
        **{name: getattr(report.needs, name) for name in OF_NEEDS},
        "message_id": report.message_id[:36],
        "evse_number": report.evse_number,
        "session_id": session_id,
        "status": status.value,
        "received_at": report.received_at,
        "is_current": True,
        "due_at": report.received_at if is_planned else None,
        "attempts": 0,
    }
    await bulk.insert(tx, needs, [row])


async def find_current_needs(tx: Tx, station_id: str, evse_number: int) -> Any:
    """What is known of the car at an EVSE, or None."""
    statement = sa.select(needs).where(
        needs.c.station_id == station_id, needs.c.evse_number == evse_number, needs.c.is_current.is_(True)
    )
    return (await tx.execute(statement.order_by(needs.c.id.desc()).limit(1))).one_or_none()


async def find_due(tx: Tx, now: datetime, count_max: int) -> Sequence[Any]:
    """The needs for which a plan is due."""
    statement = sa.select(needs).where(needs.c.due_at <= now).order_by(needs.c.due_at)
    return (await tx.execute(statement.limit(count_max))).all()


async def claim(tx: Tx, row: Any) -> bool:
    """Take a plan that is due for this process; False: another one was faster."""
    statement = sa.update(needs).where(needs.c.id == row.id, needs.c.due_at == row.due_at)
    return bool((await tx.execute(statement.values(due_at=None, attempts=needs.c.attempts + 1))).rowcount)


async def change_needs(tx: Tx, row_id: str, **values: Any) -> None:
    """Change the row of a car's needs."""
    await tx.execute(sa.update(needs).where(needs.c.id == row_id).values(**values))


async def plan_anew(
    tx: Tx, station_id: str, at: datetime, evse_number: int | None = None, attempts_max: int = 0
) -> None:
    """What is allowed has changed, or a car wants more: plans are due again. `attempts_max`: but so often only."""
    conditions = [
        needs.c.station_id == station_id,
        needs.c.is_current.is_(True),
        needs.c.status != NeedsStatus.REJECTED.value,
        needs.c.session_id.is_not(None),
    ]
    if evse_number is not None:
        conditions.append(needs.c.evse_number == evse_number)
    if attempts_max:
        conditions.append(needs.c.attempts < attempts_max)
    changes = {"due_at": at} if attempts_max else {"due_at": at, "attempts": 0}
    await tx.execute(sa.update(needs).where(*conditions).values(**changes))


async def end_needs(tx: Tx, session_ids: Sequence[str]) -> None:
    """Sessions are over: their cars need nothing any more."""
    await tx.execute(sa.update(needs).where(needs.c.session_id.in_(session_ids)).values(is_current=False, due_at=None))


async def needs_of_sessions(tx: Tx, session_ids: Sequence[str]) -> Sequence[Any]:
    """What cars have said that they need in these sessions, the latest last."""
    statement = sa.select(needs.c.session_id, needs.c.document).where(needs.c.session_id.in_(session_ids))
    return (await tx.execute(statement.order_by(needs.c.id))).all()


async def plan_of_session(tx: Tx, session_id: str) -> dict[str, Any] | None:
    """The last plan that was made for a session."""
    statement = sa.select(needs.c.plan).where(needs.c.session_id == session_id, needs.c.plan_status.is_not(None))
    found = (await tx.execute(statement.order_by(needs.c.id.desc()))).scalars().all()
    return next((plan for plan in found if plan is not None), None)


async def add_car_schedule(tx: Tx, report: ReportCarSchedule, is_within_limits: bool) -> None:
    """How a car means to charge."""
    row = {
        **_of_station(report),
        "evse_number": report.evse_number,
        "time_base_at": report.time_base_at,
        "selected_schedule_id": report.selected_schedule_id,
        "document": report.schedule,
        "is_within_limits": is_within_limits,
        "received_at": report.received_at,
    }
    await bulk.insert(tx, car_schedules, [row])


# ---- history


async def forget_history(tx: Tx, before: datetime) -> int:
    """Delete a chunk of what is over since then, of each table; how many rows of the largest chunk."""
    over = (
        (limits, limits.c.ended_at < before),
        (needs, sa.and_(needs.c.is_current.is_(False), needs.c.received_at < before)),
        (car_schedules, car_schedules.c.received_at < before),
        (priorities, sa.and_(priorities.c.is_active.is_(False), priorities.c.changed_at < before)),
    )
    largest = 0
    for table, is_over in over:
        statement = sa.select(table.c.id).where(is_over).order_by(table.c.id).limit(PURGE_ROWS)
        ids = (await tx.execute(statement)).scalars().all()
        if ids:
            await tx.execute(sa.delete(table).where(table.c.id.in_(ids)))
        largest = max(largest, len(ids))
    return largest


# ---- priority charging


async def keep_priority(tx: Tx, report: ReportPriorityCharging) -> None:
    """Whether a transaction charges with priority."""
    row = {
        **_of_station(report),
        "transaction_id": report.transaction_id,
        "is_active": report.is_active,
        "is_ordered": report.is_ordered,
        "changed_at": report.received_at,
    }
    await bulk.upsert(
        tx,
        priorities,
        [row],
        key=("station_id", "transaction_id"),
        update=("is_active", "is_ordered", "changed_at"),
    )
