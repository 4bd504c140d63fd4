"""What follows from commands: a start leads to a session, a stop ends one, a reset ends in a boot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from voltway.contracts.sessions import SessionEnded, SessionStarted
from voltway.contracts.station_link import LinkOpened
from voltway.contracts.stations import StationChanged
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.stations import rules, service
from voltway.modules.stations.store import commands


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
