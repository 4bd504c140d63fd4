"""REST of firmware campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends

from voltway.contracts.files import FindImageChecksum
from voltway.contracts.stations import FindStations
from voltway.kernel import audit, clock
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.database import Tx
from voltway.kernel.errors import InvalidField, Problem
from voltway.kernel.http import Page, PageQuery, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.modules.campaigns import rules, store
from voltway.modules.campaigns.errors import CampaignOver
from voltway.modules.campaigns.schemas import (
    CampaignCounts,
    CampaignIn,
    CampaignOut,
    CampaignPatch,
    CampaignStationOut,
)
from voltway.modules.campaigns.tables import campaigns, stations

router = APIRouter(tags=["firmware campaigns"])

MayRead = Annotated[Principal, Depends(allowed(Permission.FIRMWARE_READ, everywhere=True))]
MayWrite = Annotated[Principal, Depends(allowed(Permission.FIRMWARE_WRITE, everywhere=True))]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]


@router.get("/firmware-campaigns")
async def list_firmware_campaigns(
    principal: MayRead, tx: ReadTx, page: Annotated[PageQuery, Depends(page_query)]
) -> Page[CampaignOut]:
    """Campaigns, newest first."""
    rows, next_cursor = await page.fetch(tx, sa.select(campaigns).where(visible(principal, campaigns)), campaigns.c.id)
    counts = await store.counts(tx, [row.id for row in rows])
    return Page(items=[_out(row, counts) for row in rows], next_cursor=next_cursor)


@router.post("/firmware-campaigns", status_code=201)
async def add_firmware_campaign(body: CampaignIn, principal: MayWrite, runtime: OurRuntime) -> CampaignOut:
    """Plan a campaign. Nothing is sent until it is set running."""
    operator_id = principal.operator_id
    found = await runtime.ask(FindStations(operator_id=operator_id, station_ids=tuple(body.station_ids)))
    identities = {each.station_id: each.identity for each in found}
    for index, station_id in enumerate(body.station_ids):
        if station_id not in identities:
            raise InvalidField.at(f"$.station_ids[{index}]", "there is no such station")
    try:
        await runtime.ask(FindImageChecksum(operator_id=operator_id, image_id=body.image_id))
    except Problem as problem:
        raise InvalidField.at("$.image_id", problem.detail) from None
    row = body.model_dump(mode="json", exclude={"station_ids"}) | {
        "id": new_id(),
        "operator_id": operator_id,
        "state": rules.DRAFT,
        "wave": 1,
        "created_by": principal.name[:200],
        "created_at": clock.now(),
    }
    members = [
        {
            "campaign_id": row["id"],
            "station_id": station_id,
            "operator_id": operator_id,
            "station_identity": identities[station_id],
            "wave": wave,
            "state": rules.WAITING,
        }
        for station_id, wave in zip(body.station_ids, rules.split(len(body.station_ids), body.waves), strict=True)
    ]
    async with runtime.database.begin(operator_id) as tx:
        added = await store.add(tx, row, members)
        told = {"name": body.name, "image_id": body.image_id, "stations": len(members)}
        audit.note(tx, principal, "firmware_campaign.added", ("firmware_campaign", added.id), after=told)
        return _out(added, await store.counts(tx, [added.id]))


@router.get("/firmware-campaigns/{campaign_id}")
async def get_firmware_campaign(campaign_id: str, principal: MayRead, tx: ReadTx) -> CampaignOut:
    """One campaign."""
    row = await store.get(tx, campaign_id, visible(principal, campaigns))
    return _out(row, await store.counts(tx, [campaign_id]))


@router.get("/firmware-campaigns/{campaign_id}/stations")
async def list_campaign_stations(
    campaign_id: str, principal: MayRead, tx: ReadTx, page: Annotated[PageQuery, Depends(page_query)]
) -> Page[CampaignStationOut]:
    """The stations of a campaign, the first wave first."""
    await store.get(tx, campaign_id, visible(principal, campaigns))
    statement = sa.select(stations).where(visible(principal, stations), stations.c.campaign_id == campaign_id)
    rows, next_cursor = await page.fetch(tx, statement, stations.c.wave, stations.c.station_id, newest_first=False)
    return Page(items=[CampaignStationOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.patch("/firmware-campaigns/{campaign_id}")
async def change_firmware_campaign(
    campaign_id: str, body: CampaignPatch, principal: MayWrite, tx: OpenTx
) -> CampaignOut:
    """Begin a campaign or go on with it, pause it, or stop it for good. Stations that are busy with it finish."""
    row = await store.get(tx, campaign_id, visible(principal, campaigns), is_locked=True)
    if row.state in rules.OVER:
        raise CampaignOver(f"It is {row.state}; make another one for the stations that are left.")
    if row.state != body.state:
        now = clock.now()
        values: dict[str, Any] = {"state": body.state, "reason": body.reason}
        if body.state == rules.RUNNING and row.started_at is None:
            values["started_at"] = now
        if body.state == rules.RUNNING:  # whoever goes on has seen the failures so far, and bears them
            failed = (await store.counts(tx, [campaign_id])).get(campaign_id, {}).get(rules.FAILED, 0)
            values["failures_max"] = max(row.failures_max, failed)
        if body.state == rules.STOPPED:
            values["ended_at"] = now
        await store.change(tx, campaign_id, values)
        audit.note(
            tx,
            principal,
            "firmware_campaign.changed",
            ("firmware_campaign", campaign_id),
            reason=body.reason,
            before={"state": row.state},
            after={"state": body.state},
        )
    return _out(await store.get(tx, campaign_id), await store.counts(tx, [campaign_id]))


def _out(row: Any, counts: Mapping[str, Mapping[str, int]]) -> CampaignOut:
    shown = {name: getattr(row, name) for name in CampaignOut.model_fields if name != "counts"}
    return CampaignOut(**shown, counts=CampaignCounts(**counts.get(row.id, {})))
