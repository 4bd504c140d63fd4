"""Reservations on their way to the station."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog

from voltway.contracts.stations import CommandView, SendCommand
from voltway.contracts.vocabulary import CommandState
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.errors import Problem
from voltway.kernel.runtime import Runtime
from voltway.modules.reservations import rules, store
from voltway.modules.reservations.rules import State

log = structlog.get_logger()

RETRY = timedelta(seconds=30)
WAIT_S = 30.0


async def send(runtime: Runtime, row: Any, requested_by: str, wait_s: float) -> CommandView:
    """Tell the station of a reservation. Raises the Problem that says why it cannot be told.

    The station's answer is recorded as a report. At a station that is offline a reservation ends, but for one that was made
    for later: that is told when the station is back, until it has run out.
    """
    async with runtime.database.begin() as tx:
        await store.set_due(tx, row.id, None)
    arguments = {
        "reservation_number": row.number,
        "evse_number": row.evse_number,
        "connector_type": row.connector_type,
        "id_token": row.id_token,
        "id_token_kind": row.id_token_kind,
        "group": row.group_value,
        "expires_at": clock.to_rfc3339(row.expires_at),
    }
    command = await runtime.ask(
        SendCommand(
            operator_id=row.operator_id,
            station_id=row.station_id,
            type="reserve_now",
            arguments={name: value for name, value in arguments.items() if value is not None},
            requested_by=requested_by,
            wait_s=wait_s,
        ),
        timeout_s=wait_s + 30,
    )
    if command.state is CommandState.OFFLINE:
        async with runtime.database.begin() as tx:
            fresh = await store.find_locked(tx, row.station_id, row.number)
            if fresh is not None:
                await note_offline(tx, fresh)
    return command


async def note_offline(tx: Tx, row: Any) -> None:
    """A station was offline: a reservation that was to hold at once has come to nothing, one for later is tried again."""
    is_scheduled = row.starts_at > row.created_at
    state = rules.unreached(State(row.state), is_scheduled=is_scheduled)
    if state is State.OFFLINE:
        await store.change(tx, row, state)
    elif is_scheduled and row.state == State.PENDING:
        await store.set_due(tx, row.id, clock.now() + RETRY)


async def send_due(runtime: Runtime) -> None:
    """A job: tell stations of the reservations whose time has come."""
    async with runtime.database.read() as tx:
        due = await store.find_due(tx)
    for row in due:
        try:
            await send(runtime, row, "reservation", WAIT_S)
        except Problem as problem:
            log.info("reservation.refused", reservation_id=row.id, error=problem.detail)
            async with runtime.database.begin() as tx:
                fresh = await store.find_locked(tx, row.station_id, row.number)
                if fresh is not None and fresh.state == State.PENDING:
                    await store.change(tx, fresh, State.REJECTED, wire_status=problem.kind()[:50])


async def expire(runtime: Runtime) -> None:
    """A job: what has run out is expired, whether or not the station says so (1.6 never does)."""
    async with runtime.database.read() as tx:
        is_any = await store.is_any_run_out(tx)
    if is_any:
        async with runtime.database.begin() as tx:
            for row in await store.find_run_out(tx):
                await store.change(tx, row, State.EXPIRED)
