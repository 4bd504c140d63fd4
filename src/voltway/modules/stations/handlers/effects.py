"""What follows from commands: a start leads to a session, a stop ends one, a reset ends in a boot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from voltway.contracts.sessions import SessionEnded, SessionStarted
from voltway.contracts.station_link import LinkOpened
from voltway.contracts.stations import SendCommand, StationChanged
from voltway.kernel.database import Tx
from voltway.kernel.errors import Problem
from voltway.kernel.runtime import Runtime
from voltway.modules.stations import rules, service
from voltway.modules.stations.execution import Executions
from voltway.modules.stations.store import commands, stations

log = structlog.get_logger()

ANSWER_FIRST_S = 0.2
"""The station's boot is answered before we send a call that follows from it."""


async def on_session_started(runtime: Runtime, tx: Tx, events: Sequence[SessionStarted]) -> None:
    """A session began: perhaps one that was ordered."""
    await _settle(
        tx,
        events,
        lambda command, event: (
            command.type == rules.START and rules.led_to(event, command.remote_start_id, command.arguments)
        ),
    )


async def on_session_ended(runtime: Runtime, tx: Tx, events: Sequence[SessionEnded]) -> None:
    """A session is over: perhaps because it was told to stop."""
    await _settle(
        tx,
        events,
        lambda command, event: command.type == rules.STOP and command.arguments.get("session_id") == event.session_id,
    )


async def on_link_opened(runtime: Runtime, tx: Tx, events: Sequence[LinkOpened]) -> None:
    """A station is back: perhaps after a reset."""
    await _settle(tx, events, lambda command, event: command.type == rules.RESET)


async def on_station_changed(runtime: Runtime, tx: Tx, events: Sequence[StationChanged]) -> None:
    """A station has booted: perhaps after a reset."""
    booted = [event for event in events if event.what == "booted"]
    await _settle(tx, booted, lambda command, event: command.type == rules.RESET)
    await _rotate_factory_passwords(runtime, tx, booted)


async def _rotate_factory_passwords(runtime: Runtime, tx: Tx, booted: Sequence[StationChanged]) -> None:
    """A00.FR.805 (2.0.1 part 2): who boots with the password that its maker gave it gets one of its own."""
    for station in await stations.find_with_factory_password(tx, {event.station_id for event in booted}):
        tx.after_commit(lambda station=station: _spawn(runtime, station))  # type: ignore[misc]


def _spawn(runtime: Runtime, station: Any) -> None:
    tasks, name = runtime.state(Executions).tasks, f"factory:{station.id}"
    if name not in tasks:
        tasks[name] = asyncio.create_task(_rotate(runtime, station), name=name)
        tasks[name].add_done_callback(lambda _: tasks.pop(name, None))


async def _rotate(runtime: Runtime, station: Any) -> Problem | None:
    """Once its boot has been answered. It boots again while it is pending: what fails is tried again then."""
    await asyncio.sleep(ANSWER_FIRST_S)
    order = SendCommand(
        operator_id=station.operator_id,
        station_id=station.id,
        type=rules.ROTATE,
        arguments={},
        requested_by="factory password",
    )
    try:
        await runtime.ask(order)
    except Problem as problem:
        log.warning("factory_password.not_rotated", station_id=station.id, error=str(problem))
        return problem
    return None


async def _settle(tx: Tx, events: Sequence[Any], fits: Callable[[commands.Row, Any], bool]) -> None:
    """Settle the oldest command that fits each event and was there before it."""
    if not events:
        return
    awaited = list(await commands.find_awaited(tx, {event.station_id for event in events}))
    for event in events:
        for command in awaited:
            if command.station_id == event.station_id and command.requested_at <= event.at and fits(command, event):
                await service.settle(tx, command)
                awaited.remove(command)
                break
