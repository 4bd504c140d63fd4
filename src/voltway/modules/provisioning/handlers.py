"""What the provisioning module answers and listens to: a station that has booted may be one that nobody has set up."""

from __future__ import annotations

from collections.abc import Sequence

from voltway.contracts.provisioning import ApplyTemplate, FindTemplateName
from voltway.contracts.stations import FindStations, StationChanged
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.provisioning import store
from voltway.modules.provisioning.errors import StationNotFound
from voltway.modules.provisioning.tables import templates


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


async def find_template_name(runtime: Runtime, request: FindTemplateName) -> str | None:
    """A template's name, if it is for one of these places."""
    async with runtime.database.read(request.operator_id) as tx:
        row = await store.find(tx, request.operator_id, request.template_id)
    if row is None or (request.location_ids is not None and row.location_id not in (None, *request.location_ids)):
        return None
    return str(row.name)


async def apply_template(runtime: Runtime, request: ApplyTemplate) -> None:
    """Have a station take a template, as POST /charging-stations/{id}/provision does."""
    question = FindStations(operator_id=request.operator_id, station_ids=(request.station_id,))
    if not await runtime.ask(question):
        raise StationNotFound(f"There is no charging station {request.station_id}.")
    row = {
        "station_id": request.station_id,
        "operator_id": request.operator_id,
        "template_id": request.template_id,
        "reason": "order",
        "due_at": clock.now(),
    }
    async with runtime.database.begin(request.operator_id) as tx:
        await store.get(tx, request.template_id, templates.c.operator_id == request.operator_id)
        await store.make_due(tx, [row])
