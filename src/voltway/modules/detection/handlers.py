"""What the module listens to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from voltway.contracts.sessions import SessionEnded
from voltway.contracts.stations import StationChanged
from voltway.kernel.bus.event import Event
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.detection import sampling, store
from voltway.modules.detection.signals import Signal
from voltway.modules.detection.translating import EMPTY_WH
from voltway.modules.detection.watching import Places, Watch


async def on_events(runtime: Runtime, tx: Tx, events: Sequence[Event]) -> None:
    """Events that mean something to the rules."""
    await runtime.state(Watch).see(runtime, tx, events)


async def on_station_changed(runtime: Runtime, tx: Tx, events: Sequence[StationChanged]) -> None:
    """Stations come, go and move: where they stand is asked for anew, and new ones have not been charged at yet."""
    places = runtime.state(Places)
    for event in events:
        if event.what in ("added", "edited"):
            places.forget(event.station_id, event.operator_id)
    new = [_last_charge(event) for event in events if event.what in ("added", "booted")]
    await store.first_heard(tx, new)
    retired = {event.station_id for event in events if event.what == "retired"}
    if retired:
        await store.forget_station(tx, retired)
    await on_events(runtime, tx, events)


async def on_session_ended(runtime: Runtime, tx: Tx, events: Sequence[SessionEnded]) -> None:
    """Somebody has charged: the days without a charge count from here."""
    charged = [event for event in events if event.energy_wh >= EMPTY_WH]
    if charged:
        await store.charged(tx, [_last_charge(event) for event in charged])
        tx.after_commit(lambda: sampling.remember(runtime.state(sampling.Samples), charged))
    await on_events(runtime, tx, events)
    await runtime.state(Watch).see_signals(runtime, tx, [_no_days(event) for event in charged])


def _last_charge(event: SessionEnded | StationChanged) -> dict[str, Any]:
    return {
        "station_id": event.station_id,
        "operator_id": event.operator_id,
        "station_identity": event.station_identity,
        "charged_at": event.at,
    }


def _no_days(event: SessionEnded) -> Signal:
    return Signal(
        at=event.at,
        operator_id=event.operator_id,
        kind="charge.age",
        station_id=event.station_id,
        station_identity=event.station_identity,
        location_id=event.location_id,
        facts={"days": 0},
    )
