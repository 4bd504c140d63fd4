"""All SQL of the campaigns module."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk
from voltway.kernel.database import Tx
from voltway.modules.campaigns.errors import CampaignNotFound
from voltway.modules.campaigns.rules import ORDERED, RUNNING
from voltway.modules.campaigns.tables import campaigns, stations


async def add(tx: Tx, row: Mapping[str, Any], members: Sequence[Mapping[str, Any]]) -> Any:
    """A new campaign with its stations; its row."""
    await bulk.insert(tx, campaigns, [row])
    await bulk.insert(tx, stations, members)
    return await get(tx, row["id"])


async def get(tx: Tx, campaign_id: str, *conditions: sa.ColumnElement[bool], is_locked: bool = False) -> Any:
    """A campaign. Raises CampaignNotFound unless the conditions hold."""
    statement = sa.select(campaigns).where(campaigns.c.id == campaign_id, *conditions)
    row = (await tx.execute(bulk.locked(statement, tx) if is_locked else statement)).one_or_none()
    if row is None:
        raise CampaignNotFound(f"There is no firmware campaign {campaign_id}.")
    return row


async def change(tx: Tx, campaign_id: str, values: Mapping[str, Any]) -> None:
    """Give a campaign other values."""
    await tx.execute(sa.update(campaigns).where(campaigns.c.id == campaign_id).values(**values))


async def running(tx: Tx) -> Sequence[Any]:
    """The campaigns that go on, of all operators."""
    return (await tx.execute(sa.select(campaigns).where(campaigns.c.state == RUNNING))).all()


async def members(tx: Tx, campaign_id: str) -> Sequence[Any]:
    """The stations of a campaign in the order of their waves."""
    statement = sa.select(stations).where(stations.c.campaign_id == campaign_id)
    return (await tx.execute(statement.order_by(stations.c.wave, stations.c.station_identity))).all()


async def change_members(tx: Tx, campaign_id: str, ids: Collection[str], values: Mapping[str, Any]) -> None:
    """Give stations of a campaign other values."""
    mine = (stations.c.campaign_id == campaign_id, stations.c.station_id.in_(ids))
    await tx.execute(sa.update(stations).where(*mine).values(**values))


async def end_order(tx: Tx, campaign_id: str, station_id: str, values: Mapping[str, Any]) -> None:
    """What became of a station's order; one that has ended meanwhile stays as it is."""
    mine = (stations.c.campaign_id == campaign_id, stations.c.station_id == station_id, stations.c.state == ORDERED)
    await tx.execute(sa.update(stations).where(*mine).values(**values))


async def counts(tx: Tx, ids: Collection[str]) -> dict[str, dict[str, int]]:
    """How many stations of campaigns are in which state: campaign -> state -> count."""
    if not ids:
        return {}
    statement = (
        sa.select(stations.c.campaign_id, stations.c.state, sa.func.count().label("count"))
        .where(stations.c.campaign_id.in_(ids))
        .group_by(stations.c.campaign_id, stations.c.state)
    )
    found: dict[str, dict[str, int]] = {}
    for row in (await tx.execute(statement)).all():
        found.setdefault(row.campaign_id, {})[row.state] = row[2]
    return found
