"""Incidents, their timelines, tunings, policies and notices in the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk, clock
from voltway.kernel.auth import Principal, visible
from voltway.kernel.auth.tables import accounts
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.modules.detection.errors import IncidentNotFound, PolicyNotFound
from voltway.modules.detection.rules import Policy
from voltway.modules.detection.tables import incidents, last_charges, notices, policies, timeline, tunings

Row = sa.Row[Any]
COLUMNS = tuple(incidents.c.keys())
Subject = tuple[str, str, str]
"""(operator, rule, subject key)"""
AT_ONCE = 300


def visible_to(principal: Principal) -> sa.ColumnElement[bool]:
    """The incidents that a caller sees. Who is bound to locations sees those that happened there."""
    return visible(principal, incidents)


# ---- incidents


async def get_incident(tx: Tx, incident_id: str, *conditions: sa.ColumnElement[bool], is_locked: bool = False) -> Row:
    """An incident. Raises IncidentNotFound unless the conditions hold."""
    statement = sa.select(incidents).where(incidents.c.id == incident_id, *conditions)
    row = (await tx.execute(bulk.locked(statement, tx) if is_locked else statement)).one_or_none()
    if row is None:
        raise IncidentNotFound(f"There is no incident {incident_id[:36]}.")
    return row


async def find_open(tx: Tx, subjects: Iterable[Subject]) -> dict[Subject, Row]:
    """The incidents of these subjects that are not closed; locked."""
    found: dict[Subject, Row] = {}
    wanted = sorted(set(subjects))
    for start in range(0, len(wanted), AT_ONCE):
        chunk = set(wanted[start : start + AT_ONCE])
        statement = sa.select(incidents).where(
            incidents.c.closed_key == "", *_among(chunk)
        )  # fmt: skip
        for row in (await tx.execute(bulk.locked(statement.order_by(incidents.c.id), tx))).all():
            subject = (row.operator_id, row.rule_id, row.subject_key)
            if subject in chunk:
                found[subject] = row
    return found


def _among(subjects: set[Subject]) -> list[sa.ColumnElement[bool]]:
    """What holds of the incidents of these subjects, and of few others."""
    columns = (incidents.c.operator_id, incidents.c.rule_id, incidents.c.subject_key)
    return [
        column.in_(sorted(set(values))) for column, values in zip(columns, zip(*subjects, strict=True), strict=True)
    ]


async def find_last_closed(tx: Tx, subjects: Iterable[Subject]) -> dict[Subject, Any]:
    """The incident of each subject that was closed last, if there is one."""
    found: dict[Subject, Any] = {}
    wanted = sorted(set(subjects))
    for start in range(0, len(wanted), AT_ONCE):
        chunk = set(wanted[start : start + AT_ONCE])
        number = sa.func.row_number().over(
            partition_by=(incidents.c.operator_id, incidents.c.rule_id, incidents.c.subject_key),
            order_by=incidents.c.closed_at.desc(),
        )
        closed = sa.select(incidents.c.id, number.label("number")).where(
            incidents.c.closed_key != "", *_among(chunk)
        ).subquery()  # fmt: skip
        statement = sa.select(incidents).join(closed, closed.c.id == incidents.c.id).where(closed.c.number == 1)
        for row in (await tx.execute(statement)).all():
            subject = (row.operator_id, row.rule_id, row.subject_key)
            if subject in chunk:
                found[subject] = row
    return found


async def add_incidents(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Add incidents, sorted by subject; the ids of those whose subject had no open one."""
    added: set[str] = set()
    for start in range(0, len(rows), AT_ONCE):
        chunk = rows[start : start + AT_ONCE]
        await bulk.insert_if_absent(tx, incidents, chunk)
        statement = sa.select(incidents.c.id).where(incidents.c.id.in_([row["id"] for row in chunk]))
        added.update((await tx.execute(statement)).scalars())
    return added


async def change_incident(tx: Tx, incident_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of an incident."""
    await tx.execute(sa.update(incidents).where(incidents.c.id == incident_id).values(**values))


async def change_incidents(tx: Tx, values: Mapping[str, Mapping[str, Any]]) -> None:
    """Set the same columns of several incidents, by their ids."""
    if values:
        rows = [{"incident_id": incident_id, **values[incident_id]} for incident_id in sorted(values)]
        names = [name for name in rows[0] if name != "incident_id"]
        named: dict[str, Any] = {name: sa.bindparam(name) for name in names}
        await tx.execute(sa.update(incidents).where(incidents.c.id == sa.bindparam("incident_id")).values(named), rows)


Entry = dict[str, Any]
"""A line of an incident's timeline."""


def entry(
    incident: Any,
    what: str,
    *,
    by: Principal | None = None,
    text: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Entry:
    """What happens to an incident now."""
    return {
        "id": new_id(),
        "incident_id": incident.id,
        "operator_id": incident.operator_id,
        "at": clock.now(),
        "what": what,
        "actor_id": by.id if by is not None else None,
        "actor": by.name if by is not None else None,
        "text": text,
        "facts": dict(facts) if facts is not None else None,
    }


async def add_entries(tx: Tx, entries: Sequence[Entry]) -> None:
    """Add lines to timelines."""
    await bulk.insert(tx, timeline, entries)


async def add_entry(tx: Tx, incident: Any, what: str, **more: Any) -> None:
    """Add what happens now to an incident's timeline: see `entry`."""
    await add_entries(tx, [entry(incident, what, **more)])


async def timeline_of(tx: Tx, incident_id: str, limit: int) -> Sequence[Row]:
    """The latest lines of a timeline, the oldest of them first."""
    statement = (
        sa.select(timeline).where(timeline.c.incident_id == incident_id).order_by(timeline.c.id.desc()).limit(limit)
    )
    return (await tx.execute(statement)).all()[::-1]


async def find_account(tx: Tx, operator_id: str, account_id: str) -> str | None:
    """The name of an operator's account that is in use."""
    statement = sa.select(accounts.c.name).where(
        accounts.c.id == account_id, accounts.c.operator_id == operator_id, accounts.c.is_active
    )
    name: str | None = (await tx.execute(statement)).scalar_one_or_none()
    return name


# ---- tunings


async def all_tunings(tx: Tx, operator_id: str | None = None) -> Sequence[Row]:
    """How operators want their rules, where it is another way than the table's."""
    statement = sa.select(tunings)
    if operator_id is not None:
        statement = statement.where(tunings.c.operator_id == operator_id)
    return (await tx.execute(statement)).all()


async def save_tuning(tx: Tx, row: Mapping[str, Any]) -> None:
    """Set how an operator wants a rule."""
    update = ("is_enabled", "severity", "parameters", "changed_at", "changed_by")
    await bulk.upsert(tx, tunings, [row], key=("operator_id", "rule_id"), update=update)


# ---- policies and notices


async def get_policy(tx: Tx, operator_id: str, policy_id: str) -> Row:
    """A policy. Raises PolicyNotFound."""
    statement = sa.select(policies).where(policies.c.id == policy_id, policies.c.operator_id == operator_id)
    row = (await tx.execute(statement)).one_or_none()
    if row is None:
        raise PolicyNotFound(f"There is no notification policy {policy_id[:36]}.")
    return row


async def policies_of(tx: Tx, operator_ids: Iterable[str]) -> list[Policy]:
    """The policies of operators that are enabled."""
    statement = sa.select(policies).where(policies.c.operator_id.in_(sorted(set(operator_ids))), policies.c.is_enabled)
    return [to_policy(row) for row in (await tx.execute(statement.order_by(policies.c.id))).all()]


def to_policy(row: Row) -> Policy:
    """A row as the rules see it."""
    values = {name: getattr(row, name) for name in Policy.__struct_fields__}
    for name in ("emails", "webhook_ids", "escalate_emails", "escalate_webhook_ids"):
        values[name] = tuple(values[name])
    return Policy(**values)


async def told_last(tx: Tx, policy_id: str, subject: Subject) -> datetime | None:
    """When a policy last told, or was last about to tell, of a subject."""
    operator_id, rule_id, key = subject
    at = sa.func.max(sa.func.coalesce(notices.c.told_at, notices.c.due_at))
    statement = (
        sa.select(sa.type_coerce(at, notices.c.told_at.type))
        .select_from(notices.join(incidents, incidents.c.id == notices.c.incident_id))
        .where(
            notices.c.policy_id == policy_id,
            ~notices.c.is_escalation,
            incidents.c.operator_id == operator_id,
            incidents.c.rule_id == rule_id,
            incidents.c.subject_key == key,
        )
    )
    found: datetime | None = (await tx.execute(statement)).scalar_one_or_none()
    return found


async def add_notice(
    tx: Tx, policy: Policy, incident_id: str, what: str, due_at: datetime, *, is_escalation: bool = False
) -> None:
    """Note that somebody is to be told."""
    row = {
        "id": new_id(),
        "operator_id": policy.operator_id,
        "incident_id": incident_id,
        "policy_id": policy.id,
        "is_escalation": is_escalation,
        "what": what,
        "due_at": due_at,
        "told_at": None,
    }
    await tx.execute(sa.insert(notices).values(row))


async def is_any_due(tx: Tx, now: datetime) -> bool:
    """Whether somebody is to be told by now."""
    statement = sa.select(notices.c.id).where(notices.c.due_at <= now).limit(1)
    return (await tx.execute(statement)).one_or_none() is not None


async def find_due(tx: Tx, now: datetime) -> Sequence[Row]:
    """Notices whose time has come; locked."""
    statement = sa.select(notices).where(notices.c.due_at <= now).order_by(notices.c.due_at, notices.c.id).limit(100)
    return (await tx.execute(bulk.locked(statement, tx))).all()


async def end_notice(tx: Tx, notice_id: str, told_at: datetime | None) -> None:
    """A notice is done: told, or not needed any more."""
    statement = sa.update(notices).where(notices.c.id == notice_id)
    await tx.execute(statement.values(due_at=None, told_at=told_at))


# ---- when stations were last charged at

_NAMES = ("station_id", "operator_id", "station_identity", "charged_at")


async def first_heard(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Stations that are new: their days without a charge count from here."""
    await bulk.insert_if_absent(tx, last_charges, [{name: row[name] for name in _NAMES} for row in rows])


async def charged(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Somebody has charged at these stations."""
    latest = {row["station_id"]: row for row in sorted(rows, key=lambda row: row["charged_at"])}
    await bulk.upsert(
        tx,
        last_charges,
        [{name: row[name] for name in _NAMES} for row in latest.values()],
        key=("station_id",),
        update=("charged_at",),
    )


async def forget_station(tx: Tx, station_ids: Iterable[str]) -> None:
    """Stations that are retired."""
    await tx.execute(sa.delete(last_charges).where(last_charges.c.station_id.in_(sorted(set(station_ids)))))


async def charged_before(tx: Tx, at: datetime, after_id: str, limit: int) -> Sequence[Row]:
    """Stations where nobody has charged since an instant, by id after `after_id`."""
    statement = (
        sa.select(last_charges)
        .where(last_charges.c.charged_at < at, last_charges.c.station_id > after_id)
        .order_by(last_charges.c.station_id)
        .limit(limit)
    )
    return (await tx.execute(statement)).all()
