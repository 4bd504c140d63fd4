"""All SQL of the allocation module."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.contracts.sessions import SessionStarted
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.modules.allocation.errors import LimitNotFound, NameTaken, ProfileNotFound
from voltway.modules.allocation.tables import claims, controls, location_limits, templates

# ---- limits


async def put_limit(tx: Tx, operator_id: str, location_id: str, unit: str, value: float | None) -> None:
    """Set a location's limit, due at once. No value: it is to be taken away from the stations."""
    now = clock.now()
    row = {
        "location_id": location_id,
        "operator_id": operator_id,
        "unit": unit,
        "limit_value": value,
        "due_at": now,
        "changed_at": now,
    }
    changes = ("unit", "limit_value", "due_at", "changed_at")
    await bulk.upsert(tx, location_limits, [row], key=("location_id",), update=changes)


async def get_limit(tx: Tx, location_id: str) -> Any:
    """A location's limit. Raises LimitNotFound."""
    statement = sa.select(location_limits).where(
        location_limits.c.location_id == location_id, location_limits.c.limit_value.is_not(None)
    )
    row = (await tx.execute(statement)).one_or_none()
    if row is None:
        raise LimitNotFound(f"Location {location_id} has no limit.")
    return row


async def find_due(tx: Tx) -> Sequence[Any]:
    """The limits that have to be looked at now."""
    return (await tx.execute(sa.select(location_limits).where(location_limits.c.due_at <= clock.now()))).all()


async def make_due(tx: Tx, operator_ids: Iterable[str]) -> None:
    """The limits of operators are to be looked at now."""
    statement = sa.update(location_limits).where(location_limits.c.operator_id.in_(sorted(set(operator_ids))))
    await tx.execute(statement.values(due_at=clock.now()))


async def has_limits(tx: Tx) -> bool:
    """Whether any location has a limit, or had one that is being taken away."""
    return (await tx.execute(sa.select(location_limits.c.location_id).limit(1))).first() is not None


async def make_all_due(tx: Tx) -> None:
    """All limits are to be looked at now."""
    await tx.execute(sa.update(location_limits).values(due_at=clock.now()))


async def take_up(tx: Tx, location_id: str, again_at: datetime) -> None:
    """Begin to look at a limit; should nobody finish, it is looked at again then."""
    await tx.execute(
        sa.update(location_limits).where(location_limits.c.location_id == location_id).values(due_at=again_at)
    )


async def settle(tx: Tx, location_id: str, again_at: datetime) -> None:
    """A limit is as it should be, unless something has made it due since it was taken up."""
    await tx.execute(
        sa.update(location_limits)
        .where(location_limits.c.location_id == location_id, location_limits.c.due_at == again_at)
        .values(due_at=None)
    )


async def remove_limit(tx: Tx, location_id: str) -> None:
    """Forget a limit that was taken away, unless it has been set anew meanwhile."""
    await tx.execute(
        sa.delete(location_limits).where(
            location_limits.c.location_id == location_id, location_limits.c.limit_value.is_(None)
        )
    )


# ---- stations


async def controls_of(tx: Tx, location_id: str) -> dict[str, Any]:
    """The stations of a location that have accepted default profiles."""
    rows = (await tx.execute(sa.select(controls).where(controls.c.location_id == location_id))).all()
    return {row.station_id: row for row in rows}


async def put_control(tx: Tx, station_id: str, limit: Any) -> None:
    """Note that a station has accepted the defaults of a limit."""
    row = {
        "station_id": station_id,
        "operator_id": limit.operator_id,
        "location_id": limit.location_id,
        "unit": limit.unit,
        "limit_value": limit.limit_value,
        "accepted_at": clock.now(),
    }
    changes = ("location_id", "unit", "limit_value", "accepted_at")
    await bulk.upsert(tx, controls, [row], key=("station_id",), update=changes)


async def remove_control(tx: Tx, station_id: str, location_id: str) -> None:
    """Note that a station has no defaults of a location any more."""
    await tx.execute(
        sa.delete(controls).where(controls.c.station_id == station_id, controls.c.location_id == location_id)
    )


# ---- sessions


async def add_claims(tx: Tx, events: Sequence[SessionStarted]) -> None:
    """Note the sessions that have begun."""
    rows = [
        {
            "session_id": event.session_id,
            "operator_id": event.operator_id,
            "station_id": event.station_id,
            "evse_number": event.evse_number,
            "began_at": event.at,
            "unit": None,
            "reserved": None,
        }
        for event in events
        if event.evse_number is not None
    ]
    await bulk.insert_if_absent(tx, claims, rows)


async def remove_claims(tx: Tx, session_ids: Iterable[str]) -> None:
    """Forget sessions that are over."""
    await tx.execute(sa.delete(claims).where(claims.c.session_id.in_(list(session_ids))))


async def claims_of(tx: Tx, station_ids: Collection[str]) -> Sequence[Any]:
    """The running sessions of stations, in the order of their arrival."""
    statement = sa.select(claims).where(claims.c.station_id.in_(sorted(station_ids)))
    return (await tx.execute(statement.order_by(claims.c.began_at, claims.c.session_id))).all()


async def sessions_in_watts(tx: Tx) -> Sequence[str]:
    """The sessions that have a share in W."""
    return (await tx.execute(sa.select(claims.c.session_id).where(claims.c.unit == "W"))).scalars().all()


async def with_shares(tx: Tx) -> Sequence[Any]:
    """The claims that have a share."""
    return (await tx.execute(sa.select(claims).where(claims.c.reserved.is_not(None)))).all()


async def reserve(tx: Tx, session_id: str, unit: str, reserved: float | None, *, is_unsure: bool = False) -> None:
    """Note what the station may have accepted for a session, and whether nobody knows."""
    values = {"unit": unit, "reserved": reserved, "is_unsure": is_unsure}
    await tx.execute(sa.update(claims).where(claims.c.session_id == session_id).values(values))


# ---- templates


async def add_template(tx: Tx, operator_id: str, name: str, purpose: str, document: Mapping[str, Any]) -> Any:
    """Add a template; its row. Raises NameTaken."""
    row = {
        "id": new_id(),
        "operator_id": operator_id,
        "name": name,
        "purpose": purpose,
        "document": dict(document),
        "created_at": clock.now(),
    }
    await bulk.insert_if_absent(tx, templates, [row])
    found = (await tx.execute(sa.select(templates).where(templates.c.id == row["id"]))).one_or_none()
    if found is None:
        raise NameTaken(f"There is a charging profile {name} already.")
    return found


async def get_template(tx: Tx, operator_id: str, template_id: str) -> Any:
    """A template of an operator. Raises ProfileNotFound."""
    statement = sa.select(templates).where(templates.c.id == template_id, templates.c.operator_id == operator_id)
    row = (await tx.execute(statement)).one_or_none()
    if row is None:
        raise ProfileNotFound(f"There is no charging profile {template_id}.")
    return row


async def remove_template(tx: Tx, template_id: str) -> None:
    """Delete a template. What stations have of it stays with them."""
    await tx.execute(sa.delete(templates).where(templates.c.id == template_id))
