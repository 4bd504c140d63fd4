"""What the allocation module listens to: each thing that changes who wants how much makes the limits due."""

from __future__ import annotations

from collections.abc import Sequence

from voltway.contracts.sessions import SessionEnded, SessionStarted
from voltway.contracts.station_link import LinkOpened
from voltway.contracts.stations import StationChanged
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.allocation import store

_MATTERS = ("added", "edited", "booted", "retired")


async def on_session_started(runtime: Runtime, tx: Tx, events: Sequence[SessionStarted]) -> None:
    """A car wants a share."""
    await store.add_claims(tx, events)
    await store.make_due(tx, {event.operator_id for event in events})


async def on_session_ended(runtime: Runtime, tx: Tx, events: Sequence[SessionEnded]) -> None:
    """A share is free: the profile of a transaction goes with it, and the station's default gives nothing (C14)."""
    await store.remove_claims(tx, [event.session_id for event in events])
    await store.make_due(tx, {event.operator_id for event in events})


async def on_station_changed(runtime: Runtime, tx: Tx, events: Sequence[StationChanged]) -> None:
    """A station has booted, or stands elsewhere: it may have to be told the defaults of its location."""
    operators = {event.operator_id for event in events if event.what in _MATTERS}
    if operators:
        await store.make_due(tx, operators)


async def on_link_opened(runtime: Runtime, tx: Tx, events: Sequence[LinkOpened]) -> None:
    """A station is back: what it could not be told is told now."""
    await store.make_due(tx, {event.operator_id for event in events})
