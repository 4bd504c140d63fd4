"""Commands on their way: recorded, sent by a task of this process, and how they ended recorded again.

The process that takes an order carries it out, so whoever waits for the end waits for a task. If the process dies, the
record says `timed_out` some seconds after the station should have answered: nobody knows what it did, nothing is sent twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from voltway.charging.pricing import in_elements
from voltway.charging.tariff_telling import why_not
from voltway.contracts.payments import TOTP_LENGTH, TOTP_VALIDITY_S, FindTariff, FindTariffAbility, shared_secret
from voltway.contracts.security import FindAuthority
from voltway.contracts.sessions import FindSession
from voltway.contracts.station_link import CheckCommand, CommandOutcome, ExecuteCommand
from voltway.contracts.vocabulary import CommandState, Registration, SessionState
from voltway.kernel import clock
from voltway.kernel.bus.asks import AskTimedOut, NobodyAnswers
from voltway.kernel.database import Tx
from voltway.kernel.errors import Problem
from voltway.kernel.runtime import Runtime
from voltway.modules.stations import access, controllers, files, foreign_urls, rotation, rules, service
from voltway.modules.stations.errors import (
    SessionNotFound,
    SessionNotRunning,
    StationRetired,
    TariffNotFound,
    TariffsNotTaken,
)
from voltway.modules.stations.service import NewCommand
from voltway.modules.stations.settings import StationsSettings
from voltway.modules.stations.store import commands, device_model, stations

log = structlog.get_logger()

ASK_MARGIN_S = 10.0
"""The gateway gives a command its time; the bus gives the gateway a little more."""
STOP_TIMEOUT_S = 5.0


class Executions:
    """The commands that this process is carrying out (Runtime.state)."""

    def __init__(self) -> None:
        self.tasks: dict[str, asyncio.Task[Problem | None]] = {}


async def order(
    runtime: Runtime,
    station: stations.Row,
    kind: str,
    said_as: str,
    given: dict[str, Any],
    requested_by: str,
    saved: Callable[[Tx, str], Awaitable[None]] | None = None,
) -> str:
    """Record a command and begin to carry it out; its id. `said_as`: what the dialects call it; `saved(tx, id)` is called in
    the transaction that records it.

    Raises the Problem (409, 404) that says why the station cannot do it, InvalidField for what its protocol cannot say.
    """
    settings = runtime.settings(StationsSettings)
    if station.retired_at is not None:
        raise StationRetired(f"Charging station {station.identity} is retired.")
    rules.check_registration(Registration(station.registration), kind)
    foreign_urls.check(runtime, kind, given)
    if kind in controllers.CONTROLLERS:
        async with runtime.database.read() as tx:
            declared = await device_model.values_of(tx, station.id, controllers.CONTROLLERS[kind])
        controllers.check(kind, given, {row.variable: row.value or row.value_list for row in declared})
    resolved = given | await _resolve(runtime, station, kind, given)
    if station.protocol is not None:
        await runtime.ask(CheckCommand(protocol=station.protocol, type=said_as, arguments=resolved))
    command = NewCommand(kind, given, resolved, requested_by)
    async with runtime.database.begin() as tx:
        command_id = await service.add_command(tx, station, command, settings)
        if rules.changes_credential(kind, given):
            await rotation.begin(tx, station.id, kind, resolved, runtime.secret)
        if saved is not None:
            await saved(tx, command_id)
        request = ExecuteCommand(
            station_id=station.id,
            command_id=command_id,
            type=said_as,
            arguments=resolved,
            timeout_s=settings.command_timeout_s,
            report_timeout_s=settings.report_timeout_s,
        )
        tx.after_commit(lambda: _spawn(runtime, request, station.operator_id))
    return command_id


async def wait(runtime: Runtime, command_id: str, wait_s: float) -> None:
    """Until a command has ended, or the time is up. Raises the Problem with which the gateway or the station has refused
    it: the record says `failed` then."""
    task = runtime.state(Executions).tasks.get(command_id)
    if task is None or wait_s <= 0:
        return
    done, _ = await asyncio.wait([task], timeout=wait_s)
    problem = task.result() if done else None
    if problem is not None:
        raise problem


async def finish_all(runtime: Runtime) -> None:
    """At the stop of a process: let the commands end. The gateway has closed its links by now, so that they do."""
    tasks = list(runtime.state(Executions).tasks.values())
    if tasks:
        await asyncio.wait(tasks, timeout=STOP_TIMEOUT_S)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def give_up(runtime: Runtime) -> None:
    """A job: commands of dead processes, effects that did not come."""
    async with runtime.database.read() as tx:
        is_due = await commands.is_anything_due(tx, clock.now())
    if is_due:
        async with runtime.database.begin() as tx:
            await service.give_up(tx, runtime.settings(StationsSettings))


async def _resolve(runtime: Runtime, station: stations.Row, kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """What the gateway must know besides what was given."""
    if kind == rules.START:
        return {"remote_start_id": service.new_remote_start_id()}
    if rules.changes_credential(kind, given):
        async with runtime.database.read() as tx:
            return await rotation.resolve(tx, station, kind, given)
    if kind == rules.INSTALL_CERTIFICATE and "certificate" not in given:
        return {"certificate": await runtime.ask(FindAuthority(kind=given["kind"]))}
    if kind == rules.SET_UP_WEB_PAYMENT:
        secret = shared_secret(runtime.secret, station.id)
        return {"shared_secret": secret, "validity_s": TOTP_VALIDITY_S, "length": TOTP_LENGTH}
    if kind == rules.SET_VARIABLES:
        rules.check_no_password(given["variables"])
        await _check_slots(runtime, station, given["variables"])
    if kind in files.ABOUT_FILES:
        return await files.resolve(runtime, station, kind, given)
    resolved: dict[str, Any] = {}
    if kind in rules.ABOUT_TARIFFS:
        resolved = await _resolve_tariff(runtime, station, given.get("tariff_id"))
    if "session_id" in given:
        resolved |= await _resolve_session(runtime, station, given["session_id"])
    return resolved | await access.resolve(runtime, station, kind, given)


async def _check_slots(runtime: Runtime, station: stations.Row, items: Sequence[Mapping[str, Any]]) -> None:
    """Raise NotOffered for a network configuration that the station uses."""
    if not (slots := rules.slots_written(items)):
        return
    async with runtime.database.read() as tx:
        declared = await device_model.values_of(tx, station.id, rules.COMM_CONTROLLER)
    rules.check_slots(slots, {row.variable: row.value for row in declared})


async def _resolve_tariff(runtime: Runtime, station: stations.Row, tariff_id: str | None) -> dict[str, Any]:
    """The tariff that is named. Raises TariffsNotTaken where the station has said that it takes none."""
    (ability,) = await runtime.ask(FindTariffAbility(station_ids=(station.id,)))
    if ability.takes_tariffs is False:
        raise TariffsNotTaken(rules.no_tariffs(station.identity))
    if tariff_id is None:
        return {}
    tariff = await runtime.ask(FindTariff(operator_id=station.operator_id, tariff_id=tariff_id))
    if tariff is None:
        raise TariffNotFound(f"There is no tariff {tariff_id}.")
    if ability.currency not in (None, tariff.currency):
        raise TariffsNotTaken(
            f"Charging station {station.identity} computes in {ability.currency}, the tariff is in {tariff.currency}."
        )
    takes_conditions = ability.takes_conditions is not False
    reason = why_not(in_elements(tariff), conditions=takes_conditions, elements_max=ability.prices_max)
    if reason is not None:
        raise TariffsNotTaken(f"Charging station {station.identity} would compute another cost than we do: {reason}.")
    return {"tariff": msgspec.to_builtins(tariff)}


async def _resolve_session(runtime: Runtime, station: stations.Row, session_id: str) -> dict[str, Any]:
    session = await runtime.ask(FindSession(operator_id=station.operator_id, session_id=session_id))
    if session is None or session.station_id != station.id:
        raise SessionNotFound(f"There is no session {session_id} at this charging station.")
    if session.state is SessionState.ENDED:
        raise SessionNotRunning(f"Session {session_id} has ended.")
    if session.transaction_id is None:
        raise SessionNotRunning(f"Session {session_id} has no transaction yet.")
    named = {
        "transaction_id": session.transaction_id,
        "evse_number": session.evse_number,
        "connector_number": session.connector_number,
    }
    return {name: value for name, value in named.items() if value is not None}


def _spawn(runtime: Runtime, request: ExecuteCommand, operator_id: str) -> None:
    tasks = runtime.state(Executions).tasks
    task = asyncio.create_task(_execute(runtime, request, operator_id), name=f"command:{request.command_id}")
    tasks[request.command_id] = task
    task.add_done_callback(lambda _: tasks.pop(request.command_id, None))


def _lasts_s(request: ExecuteCommand) -> float:
    """How long a command may take."""
    return request.timeout_s + (request.report_timeout_s if request.type in rules.REPORTING else 0.0)


async def _execute(runtime: Runtime, request: ExecuteCommand, operator_id: str) -> Problem | None:
    """Send a command and record how it ended; the Problem with which it was refused."""
    outcome, problem = CommandOutcome(state=CommandState.FAILED), None
    try:
        async with runtime.database.begin() as tx:
            await service.mark_sent(tx, request.command_id)
        outcome = await runtime.ask(request, timeout_s=_lasts_s(request) + ASK_MARGIN_S)
    except NobodyAnswers:  # no gateway: nobody holds the link
        outcome = CommandOutcome(state=CommandState.OFFLINE)
    except AskTimedOut:
        outcome = CommandOutcome(state=CommandState.TIMED_OUT)
    except Problem as refusal:
        problem = refusal
        outcome = CommandOutcome(
            state=CommandState.FAILED, result={"problem": refusal.kind(), "detail": refusal.detail, **refusal.context}
        )
    except Exception as error:
        log.error("command.failed", command_id=request.command_id, type=request.type, exc_info=error)
    try:
        async with runtime.database.begin() as tx:
            await service.finish(tx, request.command_id, outcome, runtime.settings(StationsSettings))
            tx.publish(*files.ended(request, operator_id, outcome.state))
            tx.publish(*access.not_told(request, operator_id, outcome.state))
            if rules.changes_credential(request.type, request.arguments):
                await rotation.settle(tx, request.station_id, request.type, request.arguments, outcome, runtime.secret)
    except Exception as error:  # `give_up` ends it
        log.error("command.not_recorded", command_id=request.command_id, state=outcome.state, exc_info=error)
    return problem
