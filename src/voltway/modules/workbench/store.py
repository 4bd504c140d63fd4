"""All SQL of the workbench."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk, clock
from voltway.kernel.auth import Principal, visible
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.modules.workbench import rules
from voltway.modules.workbench.errors import BulkOrderNotFound, TooManyViews, ViewNotFound
from voltway.modules.workbench.tables import bulk_orders, bulk_stations, views

# ---- saved views


def views_of(principal: Principal) -> sa.ColumnElement[bool]:
    """The caller's own."""
    return sa.and_(visible(principal, views), views.c.account_id == principal.id)


async def list_views(tx: Tx, principal: Principal, list_name: str | None) -> Sequence[Any]:
    """The caller's views, by their names."""
    statement = sa.select(views).where(views_of(principal))
    if list_name is not None:
        statement = statement.where(views.c.list_name == list_name)
    return (await tx.execute(statement.order_by(views.c.list_name, views.c.name))).all()


async def put_view(tx: Tx, principal: Principal, values: Mapping[str, Any], at_most: int) -> Any:
    """Save a view; one of the same list and name becomes this. Raises TooManyViews."""
    key = {"account_id": principal.id, "list_name": values["list_name"], "name": values["name"]}
    row = {**values, **key, "id": new_id(), "operator_id": principal.operator_id, "created_at": clock.now()}
    await bulk.upsert(tx, views, [row], key=("account_id", "list_name", "name"), update=("search",))
    count = sa.select(sa.func.count()).select_from(views).where(views.c.account_id == principal.id)
    if (await tx.execute(count)).scalar_one() > at_most:
        raise TooManyViews(f"Delete one first: an account keeps at most {at_most}.")
    same = [views.c[name] == value for name, value in key.items()]
    return (await tx.execute(sa.select(views).where(*same))).one()


async def remove_view(tx: Tx, principal: Principal, view_id: str) -> None:
    """Forget a view. Raises ViewNotFound."""
    gone = await tx.execute(sa.delete(views).where(views_of(principal), views.c.id == view_id))
    if gone.rowcount == 0:
        raise ViewNotFound(f"There is no saved view {view_id}.")


async def forget_views(tx: Tx, account_ids: Collection[str]) -> None:
    """Whose views they were has gone."""
    await tx.execute(sa.delete(views).where(views.c.account_id.in_(account_ids)))


# ---- bulk orders


def orders_seen(principal: Principal) -> sa.ColumnElement[bool]:
    """Who sees one of its stations sees the order."""
    theirs = sa.select(bulk_stations.c.station_id).where(
        bulk_stations.c.bulk_order_id == bulk_orders.c.id, visible(principal, bulk_stations)
    )
    return sa.and_(visible(principal, bulk_orders), theirs.exists())


async def add_order(tx: Tx, row: Mapping[str, Any], members: Sequence[Mapping[str, Any]]) -> None:
    """A new order with its stations, all waiting."""
    await bulk.insert(tx, bulk_orders, [row])
    await bulk.insert(tx, bulk_stations, members)


async def get_order(tx: Tx, principal: Principal, order_id: str) -> Any:
    """A bulk order. Raises BulkOrderNotFound."""
    statement = sa.select(bulk_orders).where(orders_seen(principal), bulk_orders.c.id == order_id)
    row = (await tx.execute(statement)).one_or_none()
    if row is None:
        raise BulkOrderNotFound(f"There is no bulk order {order_id}.")
    return row


async def counts(tx: Tx, principal: Principal, order_ids: Collection[str]) -> dict[str, dict[str, int]]:
    """How many stations of orders are in which state: order -> state -> count."""
    found: dict[str, dict[str, int]] = {order_id: {} for order_id in order_ids}
    if not found:
        return found
    table = bulk_stations
    statement = (
        sa.select(table.c.bulk_order_id, table.c.state, sa.func.count())
        .where(visible(principal, table), table.c.bulk_order_id.in_(order_ids))
        .group_by(table.c.bulk_order_id, table.c.state)
    )
    for order_id, state, count in (await tx.execute(statement)).all():
        found[order_id][state] = count
    return found


async def stop_waiting(tx: Tx, principal: Principal, order_id: str, why: str) -> int:
    """Stations that wait are not told any more; how many those were."""
    mine = (bulk_stations.c.bulk_order_id == order_id, bulk_stations.c.state == rules.WAITING)
    values = {**rules.skipped(why), "ended_at": clock.now()}
    return (
        await tx.execute(sa.update(bulk_stations).where(visible(principal, bulk_stations), *mine).values(values))
    ).rowcount


async def has_work(tx: Tx, left_before: datetime) -> bool:
    """Whether a station waits, or has been left behind."""
    waits = bulk_stations.c.state == rules.WAITING
    left = sa.and_(bulk_stations.c.state == rules.ORDERED, bulk_stations.c.ordered_at < left_before)
    return (
        await tx.execute(sa.select(bulk_stations.c.station_id).where(sa.or_(waits, left)).limit(1))
    ).first() is not None


async def take(tx: Tx, at_most: int) -> Sequence[Any]:
    """The next stations with their orders, noted as told before they are: a crash between tells nobody twice."""
    waiting = (
        sa.select(bulk_stations)
        .where(bulk_stations.c.state == rules.WAITING)
        .order_by(bulk_stations.c.bulk_order_id, bulk_stations.c.station_identity)
        .limit(at_most)
    )
    taken = (await tx.execute(bulk.locked(waiting, tx))).all()
    for each in taken:
        await change_station(tx, each, {"state": rules.ORDERED, "ordered_at": clock.now()})
    return taken


async def find_orders(tx: Tx, order_ids: Collection[str]) -> dict[str, Any]:
    """Orders by their ids."""
    rows = (await tx.execute(sa.select(bulk_orders).where(bulk_orders.c.id.in_(order_ids)))).all()
    return {row.id: row for row in rows}


async def change_station(tx: Tx, row: Any, values: Mapping[str, Any]) -> None:
    """What becomes of an order at a station."""
    mine = (bulk_stations.c.bulk_order_id == row.bulk_order_id, bulk_stations.c.station_id == row.station_id)
    await tx.execute(sa.update(bulk_stations).where(*mine).values(**values))


async def give_up(tx: Tx, left_before: datetime) -> None:
    """Stations that a process was telling when it died: nobody knows what they did."""
    left = (bulk_stations.c.state == rules.ORDERED, bulk_stations.c.ordered_at < left_before)
    values = {"state": rules.TIMED_OUT, "detail": "the platform stopped meanwhile", "ended_at": clock.now()}
    await tx.execute(sa.update(bulk_stations).where(*left).values(**values))
