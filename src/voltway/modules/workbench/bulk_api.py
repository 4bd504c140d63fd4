"""REST of bulk orders: one order for many stations, and what became of it at each."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter

from voltway.contracts.provisioning import FindTemplateName
from voltway.contracts.stations import CheckOrder, FindStations, StationName
from voltway.kernel import audit, clock
from voltway.kernel.auth import Principal, visible
from voltway.kernel.errors import InvalidField
from voltway.kernel.http import Page
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.modules.workbench import rules, store
from voltway.modules.workbench.dependencies import MayOrder, MayRead, OpenTx, OurRuntime, PagePart, ReadTx
from voltway.modules.workbench.schemas import BulkCounts, BulkOrderIn, BulkOrderOut, BulkStationOut
from voltway.modules.workbench.tables import bulk_orders, bulk_stations

router = APIRouter(tags=["bulk orders"])


@router.get("/bulk-orders")
async def list_bulk_orders(principal: MayRead, tx: ReadTx, page: PagePart) -> Page[BulkOrderOut]:
    """Orders for many stations, newest first."""
    statement = sa.select(bulk_orders).where(store.orders_seen(principal))
    rows, next_cursor = await page.fetch(tx, statement, bulk_orders.c.id)
    counts = await store.counts(tx, principal, [row.id for row in rows])
    return Page(items=[_out(row, counts) for row in rows], next_cursor=next_cursor)


@router.post("/bulk-orders", status_code=201)
async def add_bulk_order(body: BulkOrderIn, principal: MayOrder, runtime: OurRuntime) -> BulkOrderOut:
    """Tell stations, some at once. A station that is offline, or cannot, is no error: the list of stations says so."""
    found = await _stations(runtime, principal, list(dict.fromkeys(body.station_ids)))
    told = await _check(runtime, principal, body)
    row = {
        "id": new_id(),
        "operator_id": principal.operator_id,
        "type": body.type,
        "arguments": body.arguments,
        "reason": body.reason,
        "created_by": principal.name[:200],
        "created_at": clock.now(),
    }
    members = [
        {
            "bulk_order_id": row["id"],
            "station_id": each.station_id,
            "operator_id": principal.operator_id,
            "location_id": each.location_id,
            "station_identity": each.identity,
            "state": rules.WAITING,
        }
        for each in found
    ]
    async with runtime.database.begin(principal.operator_id) as tx:
        await store.add_order(tx, row, members)
        after = {"type": body.type, "stations": len(members), **told}
        audit.note(tx, principal, "bulk_order.made", ("bulk_order", str(row["id"])), after=after, reason=body.reason)
        added = await store.get_order(tx, principal, str(row["id"]))
        return _out(added, await store.counts(tx, principal, [added.id]))


@router.get("/bulk-orders/{bulk_order_id}")
async def get_bulk_order(bulk_order_id: str, principal: MayRead, tx: ReadTx) -> BulkOrderOut:
    """One order for many stations, and how far it is."""
    row = await store.get_order(tx, principal, bulk_order_id)
    return _out(row, await store.counts(tx, principal, [row.id]))


@router.get("/bulk-orders/{bulk_order_id}/stations")
async def list_bulk_order_stations(
    bulk_order_id: str, principal: MayRead, tx: ReadTx, page: PagePart
) -> Page[BulkStationOut]:
    """What became of it at each station, by their identities."""
    await store.get_order(tx, principal, bulk_order_id)
    mine = (visible(principal, bulk_stations), bulk_stations.c.bulk_order_id == bulk_order_id)
    keys = (bulk_stations.c.station_identity, bulk_stations.c.station_id)
    rows, next_cursor = await page.fetch(tx, sa.select(bulk_stations).where(*mine), *keys, newest_first=False)
    return Page(items=[BulkStationOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.post("/bulk-orders/{bulk_order_id}/stop")
async def stop_bulk_order(bulk_order_id: str, principal: MayOrder, tx: OpenTx) -> BulkOrderOut:
    """Tell no more stations: those that wait are left out; those that were told, were told."""
    row = await store.get_order(tx, principal, bulk_order_id)
    left_out = await store.stop_waiting(tx, principal, row.id, f"stopped by {principal.name}")
    audit.note(tx, principal, "bulk_order.stopped", ("bulk_order", row.id), after={"left_out": left_out})
    return _out(row, await store.counts(tx, principal, [row.id]))


async def _stations(runtime: Runtime, principal: Principal, station_ids: list[str]) -> list[StationName]:
    """The stations that are named. Raises InvalidField for one that is not there, or not the caller's to see."""
    question = FindStations(operator_id=principal.operator_id, station_ids=tuple(station_ids))
    found = {each.station_id: each for each in await runtime.ask(question) if principal.reaches(each.location_id)}
    for index, station_id in enumerate(station_ids):
        if station_id not in found:
            raise InvalidField.at(f"$.station_ids[{index}]", "there is no such station")
    return [found[station_id] for station_id in station_ids]


async def _check(runtime: Runtime, principal: Principal, body: BulkOrderIn) -> dict[str, Any]:
    """Raise InvalidField for what no station could be told; what the audit log is told of the arguments."""
    if body.type != rules.APPLY_TEMPLATE:
        try:
            await runtime.ask(CheckOrder(type=body.type, arguments=body.arguments))
        except InvalidField as error:
            raise InvalidField.at("$.arguments", str(error)) from None
        return {"arguments": body.arguments}
    template_id = body.arguments.get("template_id")
    if set(body.arguments) != {"template_id"} or not isinstance(template_id, str):
        raise InvalidField.at("$.arguments", "name a template by its template_id, and nothing else")
    # A template for other places is not theirs to hand out.
    places = None if principal.location_ids is None else tuple(sorted(principal.location_ids))
    question = FindTemplateName(operator_id=principal.operator_id, template_id=template_id, location_ids=places)
    name = await runtime.ask(question)
    if name is None:
        raise InvalidField.at("$.arguments.template_id", "there is no such template")
    return {"template_id": template_id, "template_name": name}


def _out(row: Any, counts: dict[str, dict[str, int]]) -> BulkOrderOut:
    shown = {name: getattr(row, name) for name in BulkOrderOut.model_fields if name != "counts"}
    return BulkOrderOut(**shown, counts=BulkCounts(**counts[row.id]))
