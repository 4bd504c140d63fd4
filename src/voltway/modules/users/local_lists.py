"""Local authorisation lists: what each station should have, what it has, and keeping the two in step."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from voltway.contracts.access import (
    FindStationSettings,
    LocalListPlan,
    PlanLocalList,
    ReportCustomerCleared,
    ReportLocalList,
    StationSettings,
)
from voltway.contracts.station_link import LinkOpened, ReportNotRecorded
from voltway.contracts.stations import SendCommand, StationChanged
from voltway.contracts.vocabulary import CommandState, IdToken
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.errors import Problem
from voltway.kernel.runtime import Runtime
from voltway.modules.users import list_rules, quota_rules, quotas, rules
from voltway.modules.users.errors import StationNotFound
from voltway.modules.users.list_rules import ListFacts
from voltway.modules.users.settings import UsersSettings
from voltway.modules.users.tables import id_tokens, local_lists

log = structlog.get_logger()

DUE_MAX = 100
AT_ONCE = 10
WAIT_S = 120.0
BY = "local list"


# ---- the record


async def find(tx: Tx, station_id: str) -> Any | None:
    """A station's record, if it has one."""
    return (await tx.execute(sa.select(local_lists).where(local_lists.c.station_id == station_id))).one_or_none()


async def set_mode(tx: Tx, operator_id: str, station_id: str, mode: str, token_ids: Sequence[str]) -> Any:
    """Say which tokens belong; they are sent soon. With `off` the station keeps what it has."""
    now = clock.now()
    blank = _blank(operator_id, station_id)
    await bulk.insert_if_absent(tx, local_lists, [blank])
    values = {
        "mode": mode,
        "token_ids": list(token_ids) or None,
        "left_out": None,
        "state": "off" if mode == "off" else "pending",
        "due_at": None if mode == "off" else now,
        "attempts": 0,
        "detail": None,
        "updated_at": now,
    }
    await tx.execute(sa.update(local_lists).where(local_lists.c.station_id == station_id).values(**values))
    return await find(tx, station_id)


async def touch(tx: Tx, operator_id: str, debounce_s: float) -> None:
    """A token has changed: the lists of the operator are looked at soon, once for all that changes meanwhile. A list that is
    being sent at this moment is looked at again."""
    now = clock.now()
    statement = (
        sa.update(local_lists)
        .where(
            local_lists.c.operator_id == operator_id,
            local_lists.c.mode != "off",
            local_lists.c.state != "not_supported",
            sa.or_(local_lists.c.due_at.is_(None), local_lists.c.due_at <= now),
        )
        .values(due_at=now + timedelta(seconds=debounce_s), state="pending", attempts=0)
    )
    await tx.execute(statement)


async def on_link_opened(runtime: Runtime, tx: Tx, events: Sequence[LinkOpened]) -> None:
    """A station is back: it gets what changed while it was away."""
    await _wake(tx, {event.station_id for event in events}, ("pending", "failed"))


async def on_station_changed(runtime: Runtime, tx: Tx, events: Sequence[StationChanged]) -> None:
    """A station has booted: its list may be another one, and it may have learned what a list is."""
    booted = {event.station_id for event in events if event.what == "booted"}
    await _wake(tx, booted, ("pending", "failed", "in_step", "not_supported"))


async def _wake(tx: Tx, station_ids: set[str], states: tuple[str, ...]) -> None:
    if not station_ids:
        return
    statement = (
        sa.update(local_lists)
        .where(
            local_lists.c.station_id.in_(sorted(station_ids)),
            local_lists.c.mode != "off",
            local_lists.c.state.in_(states),
        )
        .values(due_at=clock.now(), attempts=0)
    )
    await tx.execute(statement)


def _blank(operator_id: str, station_id: str) -> dict[str, Any]:
    return {
        "station_id": station_id,
        "operator_id": operator_id,
        "mode": "off",
        "token_ids": None,
        "state": "off",
        "version": 0,
        "entries": None,
        "left_out": None,
        "wire_status": None,
        "detail": None,
        "told_at": None,
        "due_at": None,
        "attempts": 0,
        "updated_at": clock.now(),
    }


# ---- what stations say


class LocalListHandler:
    """The batch handler of `ReportLocalList`."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def prepare(self, reports: Sequence[ReportLocalList]) -> None:
        """Nothing to ask."""

    async def record(self, tx: Tx, reports: Sequence[ReportLocalList], prepared: None) -> list[None]:
        """Note what each station has now."""
        for report in reports:
            await bulk.insert_if_absent(tx, local_lists, [_blank(report.operator_id, report.station_id)])
            statement = sa.select(local_lists).where(local_lists.c.station_id == report.station_id)
            row = (await tx.execute(bulk.locked(statement, tx))).one()
            facts = list_rules.heard(ListFacts(row.version, row.entries, row.state, row.wire_status), row.mode, report)
            values = {
                "version": facts.version,
                "entries": facts.entries,
                "state": facts.state,
                "wire_status": facts.wire_status,
                "told_at": report.received_at,
                "updated_at": report.received_at,
            }
            if facts.state == "pending" and row.due_at is None:
                values["due_at"] = report.received_at
            elif facts.state == "in_step" and row.due_at is not None and row.due_at > report.received_at:
                values["state"] = "pending"  # something has changed since
            statement_out = sa.update(local_lists).where(local_lists.c.station_id == report.station_id)
            await tx.execute(statement_out.values(**values))
        return [None] * len(reports)

    async def quarantine(self, tx: Tx, report: ReportLocalList, error: Exception) -> None:
        """What a station has is not known then; the next list is a full one."""
        log.error("local_list.not_recorded", station_id=report.station_id, exc_info=error)
        tx.publish(ReportNotRecorded.of(report, error))


class CustomerClearedHandler:
    """The batch handler of `ReportCustomerCleared`: a station leaves its list alone, so it is told (2.0.1 part 2, N10.FR.02)."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def prepare(self, reports: Sequence[ReportCustomerCleared]) -> None:
        """Nothing to ask."""

    async def record(self, tx: Tx, reports: Sequence[ReportCustomerCleared], prepared: None) -> list[None]:
        """Leave the token out, and have the list sent where it has the token."""
        for report in reports:
            mine = local_lists.c.station_id == report.station_id
            row = (await tx.execute(bulk.locked(sa.select(local_lists).where(mine), tx))).one_or_none()
            if row is None:
                continue
            left_out = list_rules.leave_out(row.left_out or (), report.id_token)
            values: dict[str, Any] = {"left_out": left_out, "updated_at": report.received_at}
            if row.mode != "off" or list_rules.to_remove(row.entries, left_out):
                values |= {"due_at": report.received_at, "attempts": 0}
                values |= {} if row.mode == "off" else {"state": "pending"}
            await tx.execute(sa.update(local_lists).where(mine).values(**values))
        return [None] * len(reports)

    async def quarantine(self, tx: Tx, report: ReportCustomerCleared, error: Exception) -> None:
        """The list is as it was."""
        log.error("local_list.not_left_out", station_id=report.station_id, exc_info=error)
        tx.publish(ReportNotRecorded.of(report, error))


# ---- what to send


async def plan(runtime: Runtime, request: PlanLocalList) -> LocalListPlan:
    """What belongs into a station's list, and what is different from what it has."""
    async with runtime.database.read() as tx:
        row = await find(tx, request.station_id)
        wanted = (
            list(request.entries)
            if request.entries is not None
            else await _wanted(tx, request.operator_id, request.location_id, row)
        )
    known = None if row is None else row.entries
    if request.entries is not None:
        changes: tuple[dict[str, Any], ...] | None = request.entries
    else:
        changes = None if known is None else tuple(map(dict, list_rules.changes(known, wanted)))
    return LocalListPlan(
        version=(row.version if row is not None else 0) + 1,
        known_version=None if row is None or known is None else row.version,
        full=tuple(map(dict, wanted)),
        changes=changes,
    )


async def _wanted(tx: Tx, operator_id: str, location_id: str | None, row: Any | None) -> list[dict[str, Any]]:
    """The entries of the tokens that belong to a station."""
    if row is None or row.mode == "off":
        return []
    statement = sa.select(id_tokens).where(id_tokens.c.operator_id == operator_id).order_by(id_tokens.c.id)
    if row.mode == "selected":
        statement = statement.where(id_tokens.c.id.in_(row.token_ids or []))
    now, left_out = clock.now(), set(row.left_out or ())
    bound = await quotas.keys_with_quota(tx, operator_id)
    # What holds only now, a credit, a quota or the hour, no list can say: those are asked about.
    return [
        _entry_of(token, location_id, now)
        for token in (await tx.execute(statement)).all()
        if token.value.casefold() not in left_out
        and rules.is_kept(token)
        and bound.isdisjoint(quota_rules.keys_of(token.group_value, token.user_id))
    ]


def _entry_of(token: Any, location_id: str | None, now: Any) -> dict[str, Any]:
    """A token as a list says it: the verdict that it would get online."""
    verdict = rules.verdict(token, IdToken(token.value, token.kind), now, rules.Place(location_id))
    entry = {
        "id_token": token.value,
        "kind": token.kind,
        "status": verdict.status.value,
        "expires_at": None if token.expires_at is None else clock.to_rfc3339(token.expires_at),
        "group": token.group_value,
    }
    return {name: value for name, value in entry.items() if value is not None}


# ---- keeping in step


async def keep_in_step(runtime: Runtime) -> None:
    """A job: send to the stations whose list is due. Those that are offline get it when they are back."""
    async with runtime.database.read() as tx:
        statement = (
            sa.select(local_lists)
            .where(local_lists.c.due_at <= clock.now())
            .order_by(local_lists.c.due_at)
            .limit(DUE_MAX)
        )
        due = (await tx.execute(statement)).all()
    for start in range(0, len(due), AT_ONCE):
        await asyncio.gather(*(_bring_in_step(runtime, row) for row in due[start : start + AT_ONCE]))


async def _bring_in_step(runtime: Runtime, row: Any) -> None:
    station = await runtime.ask(FindStationSettings(operator_id=row.operator_id, station_id=row.station_id))
    arguments = _order_of(row)
    if station is None or arguments is None or not station.is_online:
        await _settle(runtime, row, {"due_at": None})
        return
    try:
        command = await runtime.ask(
            SendCommand(
                operator_id=row.operator_id,
                station_id=row.station_id,
                type="send_local_list",
                arguments=arguments,
                requested_by=BY,
                wait_s=WAIT_S,
            ),
            timeout_s=WAIT_S + 10,
        )
    except Problem as problem:
        await _settle(runtime, row, _failed(row, problem.detail))
        return
    if command.state is CommandState.ACCEPTED:
        await _settle(runtime, row, {"due_at": None, "attempts": 0, "detail": None})
    elif command.state is CommandState.OFFLINE or command.wire_status == "NotSupported":
        await _settle(runtime, row, {"due_at": None, "detail": command.wire_status})
    else:
        await _settle(runtime, row, _failed(row, command.wire_status or command.state.value))


def _order_of(row: Any) -> dict[str, Any] | None:
    """What to send: what belongs; to a list that is not kept in step only what it must lose; None: nothing."""
    if row.mode != "off":
        return {"mode": "sync"}
    gone = [{**entry, "remove": True} for entry in list_rules.to_remove(row.entries, row.left_out or ())]
    return {"mode": "differential", "entries": gone} if gone else None


def _failed(row: Any, detail: str) -> dict[str, Any]:
    due_at = clock.now() + timedelta(seconds=list_rules.retry_after_s(row.attempts))
    return {"state": "failed", "due_at": due_at, "attempts": row.attempts + 1, "detail": detail[:500]}


async def _settle(runtime: Runtime, row: Any, values: dict[str, Any]) -> None:
    """Unless it has become due anew meanwhile."""
    async with runtime.database.begin() as tx:
        statement = sa.update(local_lists).where(
            local_lists.c.station_id == row.station_id, local_lists.c.due_at == row.due_at
        )
        await tx.execute(statement.values(**values))


async def station_of(
    runtime: Runtime, operator_id: str, location_ids: frozenset[str] | None, station_id: str
) -> StationSettings:
    """A station that the caller sees. Raises StationNotFound."""
    station = await runtime.ask(FindStationSettings(operator_id=operator_id, station_id=station_id))
    if station is None or (location_ids is not None and station.location_id not in location_ids):
        raise StationNotFound(f"There is no charging station {station_id}.")
    return station


def debounce_s(runtime: Runtime) -> float:
    """How long to wait for more changes of tokens."""
    return runtime.settings(UsersSettings).local_list_debounce_s
