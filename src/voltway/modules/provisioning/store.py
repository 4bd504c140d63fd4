"""All SQL of the provisioning module."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk, clock
from voltway.kernel.auth import Principal, visible
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.modules.provisioning.errors import NameTaken, TemplateNotFound
from voltway.modules.provisioning.rules import REBOOTING
from voltway.modules.provisioning.tables import due, runs, templates

ROUND_MAX = 50

# ---- templates


async def add(tx: Tx, operator_id: str, values: Mapping[str, Any]) -> Any:
    """Add a template; its row. Raises NameTaken."""
    now = clock.now()
    row = {**values, "id": new_id(), "operator_id": operator_id, "revision": 1, "created_at": now, "updated_at": now}
    if not await bulk.insert_if_absent(tx, templates, [row]):
        raise NameTaken(f"There is a template {values['name']!r} already.")
    return await get(tx, row["id"])


def visible_to(principal: Principal) -> sa.ColumnElement[bool]:
    """The templates of the caller's operator; who is bound to locations sees those that apply there."""
    return visible(principal, templates, is_unplaced_shared=True)


async def get(tx: Tx, template_id: str, *conditions: sa.ColumnElement[bool]) -> Any:
    """A template. Raises TemplateNotFound unless the conditions hold."""
    row = (await tx.execute(sa.select(templates).where(templates.c.id == template_id, *conditions))).one_or_none()
    if row is None:
        raise TemplateNotFound(f"There is no provisioning template {template_id}.")
    return row


async def find(tx: Tx, operator_id: str, template_id: str) -> Any | None:
    """A template of an operator."""
    mine = (templates.c.id == template_id, templates.c.operator_id == operator_id)
    return (await tx.execute(sa.select(templates).where(*mine))).one_or_none()


async def change(tx: Tx, row: Any, values: Mapping[str, Any]) -> Any:
    """Give a template other values; it is another revision then. Raises NameTaken."""
    same_name = sa.select(templates.c.id).where(
        templates.c.operator_id == row.operator_id, templates.c.name == values["name"], templates.c.id != row.id
    )
    if (await tx.execute(same_name)).first() is not None:
        raise NameTaken(f"There is a template {values['name']!r} already.")
    changed = {**values, "revision": row.revision + 1, "updated_at": clock.now()}
    await tx.execute(sa.update(templates).where(templates.c.id == row.id).values(changed))
    return await get(tx, row.id)


async def remove(tx: Tx, template_id: str) -> None:
    """Delete a template; its runs stay."""
    await tx.execute(sa.delete(templates).where(templates.c.id == template_id))


async def templates_of(tx: Tx, operator_id: str) -> Sequence[Any]:
    """All templates of an operator."""
    return (await tx.execute(sa.select(templates).where(templates.c.operator_id == operator_id))).all()


async def operators_with_templates(tx: Tx, operator_ids: Collection[str]) -> set[str]:
    """Those of these operators that have a template at all."""
    if not operator_ids:
        return set()
    statement = sa.select(templates.c.operator_id).where(templates.c.operator_id.in_(operator_ids)).distinct()
    return set((await tx.execute(statement)).scalars())


# ---- what is due


async def make_due(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Stations are to be looked at; the latest reason counts."""
    changes = ("template_id", "reason", "due_at")
    await bulk.upsert(tx, due, rows, key=("station_id",), update=changes)


async def has_work(tx: Tx, now: datetime, oldest: datetime) -> bool:
    """Whether a station is due, or a run has been left behind."""
    waiting = sa.select(due.c.station_id).where(due.c.due_at <= now).limit(1)
    left = sa.select(runs.c.id).where(runs.c.state == "running", runs.c.started_at < oldest).limit(1)
    return (await tx.execute(waiting)).first() is not None or (await tx.execute(left)).first() is not None


async def take_due(tx: Tx, now: datetime) -> Sequence[Any]:
    """The stations that are to be looked at, which then are no longer."""
    statement = sa.select(due).where(due.c.due_at <= now).order_by(due.c.due_at).limit(ROUND_MAX)
    found = (await tx.execute(bulk.locked(statement, tx))).all()
    if found:
        await tx.execute(sa.delete(due).where(due.c.station_id.in_([row.station_id for row in found])))
    return found


# ---- runs


async def last_done(tx: Tx, station_id: str, template_id: str) -> int | None:
    """The latest revision of a template that was applied to a station without a fault."""
    statement = sa.select(sa.func.max(runs.c.revision)).where(
        runs.c.station_id == station_id, runs.c.template_id == template_id, runs.c.state == "done"
    )
    return (await tx.execute(statement)).scalar()


async def find_rebooting(tx: Tx, station_id: str, template: Any) -> Any:
    """The run of this revision that waits for the station's boot, or None."""
    mine = (runs.c.station_id == station_id, runs.c.template_id == template.id, runs.c.revision == template.revision)
    statement = sa.select(runs).where(*mine, runs.c.state == REBOOTING).order_by(runs.c.id.desc()).limit(1)
    return (await tx.execute(statement)).one_or_none()


async def give_up_rebooting(tx: Tx, station_id: str, but: Any) -> None:
    """Runs that wait for a boot and are not gone on with are over."""
    waiting = [runs.c.station_id == station_id, runs.c.state == REBOOTING]
    if but is not None:
        waiting.append(runs.c.id != but.id)
    await tx.execute(sa.update(runs).where(*waiting).values(state="failed", ended_at=clock.now()))


async def failed_steps(tx: Tx, station_id: str, template: Any) -> Sequence[Mapping[str, Any]]:
    """How the steps ended when this revision was last applied to a station, if that failed."""
    mine = (runs.c.station_id == station_id, runs.c.template_id == template.id, runs.c.revision == template.revision)
    statement = sa.select(runs.c.state, runs.c.steps).where(*mine, runs.c.ended_at.is_not(None))
    row = (await tx.execute(statement.order_by(runs.c.id.desc()).limit(1))).one_or_none()
    return () if row is None or row.state != "failed" else row.steps


async def begin_run(tx: Tx, template: Any, station_id: str, reason: str) -> str:
    """A template is being applied; the id of the run."""
    row = {
        "id": new_id(),
        "operator_id": template.operator_id,
        "station_id": station_id,
        "template_id": template.id,
        "template_name": template.name,
        "revision": template.revision,
        "reason": reason,
        "state": "running",
        "steps": [],
        "started_at": clock.now(),
    }
    await bulk.insert(tx, runs, [row])
    return str(row["id"])


async def note(tx: Tx, run_id: str, steps: Sequence[Mapping[str, Any]], state: str) -> None:
    """How a run stands."""
    values: dict[str, Any] = {"steps": list(steps), "state": state}
    if state not in ("running", REBOOTING):
        values["ended_at"] = clock.now()
    await tx.execute(sa.update(runs).where(runs.c.id == run_id).values(values))


async def give_up_before(tx: Tx, oldest: datetime) -> None:
    """Runs that began so long ago and have not ended were those of a process that is gone."""
    statement = sa.update(runs).where(runs.c.state == "running", runs.c.started_at < oldest)
    await tx.execute(statement.values(state="failed", ended_at=clock.now()))
