"""REST of tariffs (the outside contract: /tariffs)."""

from __future__ import annotations

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends

from voltway.charging.pricing import Tariff
from voltway.contracts.stations import FindStations, LocationExists
from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.database import Tx
from voltway.kernel.http import Page, PageQuery, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.ids import new_id
from voltway.kernel.json import to_struct
from voltway.kernel.runtime import Runtime
from voltway.modules.billing import store
from voltway.modules.billing.errors import TargetNotFound
from voltway.modules.billing.rules import LOCATION, OPERATOR, Target, station_of
from voltway.modules.billing.schemas import AssignmentsBody, TariffIn, TariffOut, tariff_out
from voltway.modules.billing.tables import tariffs

router = APIRouter(tags=["tariffs"])

MayRead = Annotated[Principal, Depends(allowed(Permission.TARIFFS_READ))]
MayWrite = Annotated[Principal, Depends(allowed(Permission.TARIFFS_WRITE))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]


@router.get("/tariffs")
async def list_tariffs(
    principal: MayRead, tx: ReadTx, page: Annotated[PageQuery, Depends(page_query)]
) -> Page[TariffOut]:
    """The operator's tariffs, newest first."""
    statement = sa.select(tariffs).where(tariffs.c.operator_id == principal.operator_id)
    rows, next_cursor = await page.fetch(tx, statement, tariffs.c.id)
    targets = await store.targets_of(tx, principal.operator_id, [row.id for row in rows])
    items = [tariff_out(to_struct(row.document, Tariff), targets[row.id]) for row in rows]
    return Page(items=items, next_cursor=next_cursor)


@router.post("/tariffs", status_code=201)
async def add_tariff(body: TariffIn, principal: MayWrite, tx: OpenTx) -> TariffOut:
    """Add a tariff. It is never edited: for another price add another one and assign that."""
    tariff = Tariff(tariff_id=new_id(), version=1, **body.model_dump())
    await store.add_tariff(tx, principal.operator_id, tariff)
    return tariff_out(tariff, [])


@router.get("/tariffs/{tariff_id}")
async def get_tariff(tariff_id: str, principal: MayRead, tx: ReadTx) -> TariffOut:
    """One tariff."""
    tariff = await store.get_tariff(tx, principal.operator_id, tariff_id)
    targets = await store.targets_of(tx, principal.operator_id, [tariff_id])
    return tariff_out(tariff, targets[tariff_id])


@router.put("/tariffs/{tariff_id}/assignments")
async def assign_tariff(
    tariff_id: str,
    body: AssignmentsBody,
    principal: MayWrite,
    runtime: Annotated[Runtime, Depends(runtime_of)],
) -> TariffOut:
    """Let the tariff hold for exactly these targets, from the next session on. The nearest assignment wins."""
    targets = [target.target() for target in body.targets]
    await _require_targets(runtime, principal.operator_id, targets)
    async with runtime.database.begin() as tx:
        tariff = await store.get_tariff(tx, principal.operator_id, tariff_id)
        await store.assign(tx, principal.operator_id, tariff_id, targets)
        assigned = await store.targets_of(tx, principal.operator_id, [tariff_id])
    return tariff_out(tariff, assigned[tariff_id])


async def _require_targets(runtime: Runtime, operator_id: str, targets: list[Target]) -> None:
    """Raise TargetNotFound for a target that is not the operator's."""
    station_ids = {station_id for target in targets if (station_id := station_of(target)) is not None}
    known = set()
    if station_ids:
        found = await runtime.ask(FindStations(operator_id=operator_id, station_ids=tuple(station_ids)))
        known = {station.station_id for station in found}
    for kind, target_id in targets:
        if kind == OPERATOR:
            continue
        if kind == LOCATION:
            is_there = await runtime.ask(LocationExists(operator_id=operator_id, location_id=target_id))
        else:
            is_there = station_of((kind, target_id)) in known
        if not is_there:
            raise TargetNotFound(f"There is no {kind} {target_id!r}.", kind=kind, id=target_id)
