"""Plans for cars on their way: made of what is allowed now, sent as a TxProfile.

The station has its answer by then: K15.FR.07 wants the schedule after it.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

import structlog

from voltway.contracts.sessions import FindRunningSessions, SessionName
from voltway.contracts.stations import SendCommand
from voltway.contracts.vocabulary import CommandState
from voltway.kernel import clock
from voltway.kernel.errors import Problem
from voltway.kernel.runtime import Runtime
from voltway.modules.energy import rules, store
from voltway.modules.energy.settings import EnergySettings

log = structlog.get_logger()

DUE_MAX = 100
WAIT_S = 30.0
REQUESTED_BY = "charging plan"
NOTHING_TO_SET, NO_TRANSACTION, WAITING = "nothing_to_set", "no_transaction", "waiting_for_share"
_LATER = (CommandState.OFFLINE, CommandState.TIMED_OUT)


async def send_due(runtime: Runtime) -> None:
    """A job: make and send the plans that are due."""
    async with runtime.database.read() as tx:
        due = await store.find_due(tx, clock.now(), DUE_MAX)
    for row in due:
        async with runtime.database.begin() as tx:
            is_ours = await store.claim(tx, row)
        if is_ours:
            await _send(runtime, row)


async def _send(runtime: Runtime, row: Any) -> None:
    session = await _session_at(runtime, row.station_id, row.evse_number)
    if session is None:
        await _note(runtime, row, NO_TRANSACTION, is_to_come=True)
        return
    plan = await _plan(runtime, row, session)
    if plan is None:
        await _note(runtime, row, NOTHING_TO_SET, session_id=session.session_id)
        return
    if rules.is_pause(plan):
        # A default of nothing is there until the session gets its share, and that is the plan then: one of our own at
        # its stack level would keep it out (K01.FR.39).
        await _note(runtime, row, WAITING, is_to_come=True, session_id=session.session_id)
        return
    try:
        command = await runtime.ask(
            SendCommand(
                operator_id=row.operator_id,
                station_id=row.station_id,
                type="set_charging_profile",
                arguments={"session_id": session.session_id, "charging_profile": plan},
                requested_by=REQUESTED_BY,
                wait_s=WAIT_S,
            ),
            timeout_s=WAIT_S + 30,
        )
    except Problem as problem:
        log.info("plan.refused", station_id=row.station_id, evse_number=row.evse_number, error=problem.detail)
        await _note(runtime, row, problem.kind()[:50], session_id=session.session_id)
        return
    status = command.wire_status or command.state.value
    is_to_come = command.state in _LATER
    await _note(runtime, row, status[:50], is_to_come=is_to_come, session_id=session.session_id, plan=plan)


async def _session_at(runtime: Runtime, station_id: str, evse_number: int) -> SessionName | None:
    sessions = await runtime.ask(FindRunningSessions(station_ids=(station_id,)))
    return next((each for each in sessions if each.evse_number == evse_number), None)


async def _plan(runtime: Runtime, row: Any, session: SessionName) -> dict[str, Any] | None:
    """A profile for a car. One that somebody has set for this transaction is said again: K16.FR.12."""
    async with runtime.database.read() as tx:
        profiles = await store.profiles_of(tx, row.station_id)
        limits = await store.limits_of(tx, row.station_id)
        before = await store.plan_of_session(tx, session.session_id)
    ours = before["id"] if before is not None else None
    for each in profiles:
        if (
            each.purpose == rules.TX
            and each.transaction_id == session.transaction_id
            and each.charging_profile_id != ours
        ):
            document: dict[str, Any] = each.document
            return {name: value for name, value in document.items() if name != "transaction_id"}
    car = rules.car_of(row, row.evse_number, session.started_at or row.received_at)
    ceilings = rules.ceilings_of(profiles, limits, car, rules.PURPOSES_OF_PLANS)
    number = _new_profile_id() if ours is None else ours
    return rules.plan(row, ceilings, clock.now(), number, runtime.settings(EnergySettings).hours)


def _new_profile_id() -> int:
    """Large: stations keep small ids for limits from outside (2.1 part 2, SmartChargingCtrlr.MaxExternalConstraintsId)."""
    return 2**30 + secrets.randbelow(2**30)


async def _note(runtime: Runtime, row: Any, status: str, *, is_to_come: bool = False, **values: Any) -> None:
    settings = runtime.settings(EnergySettings)
    now = clock.now()
    if is_to_come and row.attempts + 1 < settings.plan_attempts_max:
        values["due_at"] = now + timedelta(seconds=settings.plan_retry_s)
    async with runtime.database.begin() as tx:
        await store.change_needs(tx, row.id, plan_status=status, planned_at=now, **values)
