"""The job that sets stations up: one order after the other, each result kept as it comes. Stations wait for themselves only."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import structlog

from voltway.contracts.station_link import FindCredential, StationCredential
from voltway.contracts.stations import AcceptStation, FindStations, ReadVariables, SendCommand
from voltway.contracts.vocabulary import Registration
from voltway.kernel import clock
from voltway.kernel.bus.asks import AskTimedOut, NobodyAnswers
from voltway.kernel.errors import Problem
from voltway.kernel.runtime import Runtime
from voltway.modules.provisioning import rules, store

log = structlog.get_logger()

STEP_WAIT_S = 90.0
AGAIN = timedelta(seconds=5)
RUN_LENGTH_MAX = timedelta(hours=2)
BY = "provisioning"


class UnderWay:
    """The stations that are being set up by this process (Runtime.state)."""

    def __init__(self) -> None:
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self, runtime: Runtime, row: Any) -> None:
        """Look at a station, beside everything else."""
        task = asyncio.create_task(_apply_one(runtime, row), name=f"provisioning:{row.station_id}")
        self.tasks[row.station_id] = task
        task.add_done_callback(lambda done: self._ended(row.station_id, done))

    def _ended(self, station_id: str, done: asyncio.Task[None]) -> None:
        self.tasks.pop(station_id, None)
        if not done.cancelled() and (error := done.exception()) is not None:
            log.error("provisioning.failed", station_id=station_id, exc_info=error)


async def stop(runtime: Runtime) -> None:
    """Leave off; what was not done is done after the next boot of its station."""
    tasks = list(runtime.state(UnderWay).tasks.values())
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def apply_due(runtime: Runtime) -> None:
    """Job: begin with the stations that are due; one that is being set up waits until that has ended."""
    now = clock.now()
    async with runtime.database.read() as tx:
        if not await store.has_work(tx, now, now - RUN_LENGTH_MAX):
            return
    async with runtime.database.begin() as tx:
        await store.give_up_before(tx, now - RUN_LENGTH_MAX)
        found = await store.take_due(tx, now)
        under_way = runtime.state(UnderWay)
        waiting = [row for row in found if row.station_id in under_way.tasks]
        await store.make_due(tx, [{**row._asdict(), "due_at": now + AGAIN} for row in waiting])
    for row in found:
        if row not in waiting:
            under_way.begin(runtime, row)


async def _apply_one(runtime: Runtime, row: Any) -> None:
    try:
        await _apply(runtime, row)
    except (Problem, NobodyAnswers, AskTimedOut) as error:
        log.warning("provisioning.not_begun", station_id=row.station_id, error=str(error))


async def find_record(runtime: Runtime, operator_id: str, station_id: str) -> StationCredential | None:
    """What a station is and where, as its record says."""
    names = await runtime.ask(FindStations(operator_id=operator_id, station_ids=(station_id,)))
    if not names:
        return None
    records = await runtime.ask(FindCredential(identity=names[0].identity))
    return next((record for record in records if record.station_id == station_id), None)


def place_of(record: StationCredential) -> rules.Place:
    """What templates are held against."""
    return rules.Place(record.vendor, record.model, record.location_id)


async def _apply(runtime: Runtime, row: Any) -> None:
    record = await find_record(runtime, row.operator_id, row.station_id)
    if record is None:
        return
    async with runtime.database.read() as tx:
        known = await store.templates_of(tx, row.operator_id)
        if row.template_id is not None:
            template = next((each for each in known if each.id == row.template_id), None)
        else:
            template = rules.choose(known, place_of(record))
        if template is None:
            return
        if row.reason == "boot" and await store.last_done(tx, row.station_id, template.id) == template.revision:
            return
    async with runtime.database.begin() as tx:
        resumed = None if row.reason != "boot" else await store.find_rebooting(tx, row.station_id, template)
        await store.give_up_rebooting(tx, row.station_id, resumed)
        before = () if row.reason != "boot" else await store.failed_steps(tx, row.station_id, template)
        run_id = resumed.id if resumed is not None else await store.begin_run(tx, template, row.station_id, row.reason)
    steps: list[dict[str, Any]] = [] if resumed is None else list(resumed.steps)
    actual = await _actual(runtime, row) if before else {}
    for index, step in enumerate(template.steps[len(steps) :], len(steps)):
        wanted = rules.left_to_do(step, before[index] if index < len(before) else None, actual)
        steps.append(_in_force(step) if wanted is None else await _tell(runtime, row, wanted))
        is_rebooting = rules.needs_boot(steps[-1]) and await _reset(runtime, row, steps[-1])
        async with runtime.database.begin() as tx:
            await store.note(tx, run_id, steps, rules.REBOOTING if is_rebooting else "running")
        if is_rebooting:  # its boot goes on with the next step
            log.info("provisioning.rebooting", station_id=row.station_id, template=template.name)
            return
        if steps[-1]["state"] in rules.GONE:
            break
    state = rules.state_of(steps, len(template.steps))
    if state == "done" and template.is_accepting and record.registration is Registration.PENDING:
        await runtime.ask(AcceptStation(operator_id=row.operator_id, station_id=row.station_id))
    async with runtime.database.begin() as tx:
        await store.note(tx, run_id, steps, state)
    log.info("provisioning.ended", station_id=row.station_id, template=template.name, state=state)


async def _actual(runtime: Runtime, row: Any) -> dict[tuple[Any, ...], str | None]:
    """What a station has told of its variables."""
    told = await runtime.ask(ReadVariables(operator_id=row.operator_id, station_id=row.station_id))
    return {rules.key_of(each): each["value"] for each in told}


def _in_force(step: dict[str, Any]) -> dict[str, Any]:
    nothing = {"command_id": None, "wire_status": None, "effect": None}
    return {"type": step["type"], "state": rules.ACCEPTED, "detail": rules.IN_FORCE, **nothing}


async def _reset(runtime: Runtime, row: Any, step: dict[str, Any]) -> bool:
    """Have a station boot when nothing charges any more, since it takes a step with its boot only; whether it will. What has
    become of the order is noted at the step: it is given once."""
    told = await _tell(runtime, row, {"type": "reset", "arguments": {"mode": "on_idle"}})
    step["detail"] = f"needs a boot; reset: {told['state']}"
    return bool(told["state"] == rules.ACCEPTED)


async def _tell(runtime: Runtime, row: Any, step: dict[str, Any]) -> dict[str, Any]:
    """Send one order of a template; how it ended."""
    order = SendCommand(
        operator_id=row.operator_id,
        station_id=row.station_id,
        type=step["type"],
        arguments=step["arguments"],
        requested_by=BY,
        wait_s=STEP_WAIT_S,
    )
    told: dict[str, Any] = {"type": step["type"], "command_id": None, "wire_status": None, "effect": None, "detail": ""}
    try:
        view = await runtime.ask(order, timeout_s=STEP_WAIT_S + 5)
    except Problem as problem:
        return told | {"state": "rejected", "detail": str(problem)[:300]}
    except (NobodyAnswers, AskTimedOut) as error:
        return told | {"state": "timed_out", "detail": str(error)[:300]}
    return told | {
        "command_id": view.command_id,
        "state": view.state.value,
        "wire_status": view.wire_status,
        "effect": view.effect,
    }
