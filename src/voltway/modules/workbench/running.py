"""The job that carries bulk orders out: each station's order a task of its own, so that a silent station holds up nobody."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

from voltway.contracts.provisioning import ApplyTemplate
from voltway.contracts.stations import SendCommand
from voltway.kernel import clock
from voltway.kernel.bus.asks import AskTimedOut, NobodyAnswers
from voltway.kernel.errors import Problem
from voltway.kernel.runtime import Runtime
from voltway.modules.workbench import rules, store

log = structlog.get_logger()


class UnderWay:
    """The stations that this process is telling (Runtime.state)."""

    def __init__(self) -> None:
        self.tasks: set[asyncio.Task[None]] = set()

    def begin(self, runtime: Runtime, order: Any, station: Any) -> None:
        """Tell a station, beside everything else."""
        task = asyncio.create_task(_tell(runtime, order, station), name=f"bulk:{station.station_id}")
        self.tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, done: asyncio.Task[None]) -> None:
        self.tasks.discard(done)
        if not done.cancelled() and (error := done.exception()) is not None:
            log.error("bulk_order.failed", task=done.get_name(), exc_info=error)


async def stop(runtime: Runtime) -> None:
    """Leave off; what was under way has timed out some minutes later."""
    tasks = list(runtime.state(UnderWay).tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def go_on(runtime: Runtime) -> None:
    """Job: tell the next stations, as many as there is room for."""
    under_way, left_before = runtime.state(UnderWay), clock.now() - rules.LEFT_BEHIND
    room = rules.PARALLEL_MAX - len(under_way.tasks)
    async with runtime.database.read() as tx:
        if room == 0 or not await store.has_work(tx, left_before):
            return
    async with runtime.database.begin() as tx:
        await store.give_up(tx, left_before)
        stations = await store.take(tx, room)
        orders = await store.find_orders(tx, {each.bulk_order_id for each in stations})
    for each in stations:
        under_way.begin(runtime, orders[each.bulk_order_id], each)


async def _tell(runtime: Runtime, order: Any, station: Any) -> None:
    try:
        values = await _order(runtime, order, station)
    except Problem as problem:
        values = rules.skipped(problem.detail)
    except (AskTimedOut, NobodyAnswers):
        values = {"state": rules.TIMED_OUT}
    async with runtime.database.begin() as tx:
        await store.change_station(tx, station, {**values, "ended_at": clock.now()})


async def _order(runtime: Runtime, order: Any, station: Any) -> dict[str, Any]:
    """Give a station its order and wait for the end. Raises the Problem that says why it cannot do it."""
    who = {"operator_id": order.operator_id, "station_id": station.station_id}
    if order.type == rules.APPLY_TEMPLATE:
        await runtime.ask(ApplyTemplate(**who, template_id=order.arguments["template_id"]))
        return {"state": rules.ACCEPTED}
    command = SendCommand(
        **who, type=order.type, arguments=order.arguments, requested_by=order.created_by, wait_s=rules.WAIT_S
    )
    return rules.ended(await runtime.ask(command, timeout_s=rules.WAIT_S + 10.0))
