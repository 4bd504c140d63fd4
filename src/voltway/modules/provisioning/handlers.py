"""What the provisioning module listens to: a station that has booted may be one that nobody has set up."""

from __future__ import annotations

from collections.abc import Sequence

from voltway.contracts.stations import StationChanged
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.provisioning import store


async def on_station_changed(runtime: Runtime, tx: Tx, events: Sequence[StationChanged]) -> None:
    """Have those looked at that have booted."""
    booted = {event.station_id: event for event in events if event.what == "booted"}
    having = await store.operators_with_templates(tx, {event.operator_id for event in booted.values()})
    rows = [
        {
            "station_id": event.station_id,
            "operator_id": event.operator_id,
            "template_id": None,
            "reason": "boot",
            "due_at": clock.now(),
        }
        for event in booted.values()
        if event.operator_id in having
    ]
    await store.make_due(tx, rows)
