"""A transaction goes on after an interruption (OCPP 2.1): a station need not have kept its profiles over a boot.

What we had set for the transaction is set again, as it was: its start has not changed. Source: 2.1 part 2, B13.FR.31,
E17.FR.15.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog

from voltway.contracts.sessions import SessionResumed
from voltway.contracts.stations import SendCommand
from voltway.kernel.database import Tx
from voltway.kernel.errors import Problem
from voltway.kernel.runtime import Runtime
from voltway.modules.stations import rules
from voltway.modules.stations.execution import Executions
from voltway.modules.stations.store import commands, device_model

log = structlog.get_logger()

BY = "voltway: the transaction goes on"
SET, CLEAR = "set_charging_profile", "clear_charging_profile"
TX_PROFILE = "TxProfile"


async def on_session_resumed(runtime: Runtime, tx: Tx, events: Sequence[SessionResumed]) -> None:
    """Set the profiles of these sessions again, once this is committed; told twice it does no harm."""
    for event in events:
        if await _keeps_profiles(tx, event.station_id):
            continue
        given = await commands.find_accepted(tx, event.station_id, (SET, CLEAR, rules.START))
        profiles = to_repeat(given, event.session_id, event.remote_start_id)
        if profiles:
            tx.after_commit(lambda event=event, profiles=profiles: _spawn(runtime, event, profiles))  # type: ignore[misc]


async def _keeps_profiles(tx: Tx, station_id: str) -> bool:
    """Whether a station says that it keeps the profiles of transactions over a boot."""
    declared = await device_model.values_of(tx, station_id, "SmartChargingCtrlr")
    return any(
        row.variable.casefold() == "chargingprofilepersistence"
        and row.instance == TX_PROFILE
        and (row.value or "").casefold() == "true"
        for row in declared
    )


def to_repeat(given: Iterable[Any], session_id: str, remote_start_id: int | None) -> list[dict[str, Any]]:
    """The profiles that a transaction still has, by the accepted orders to its station, oldest first. Pure."""
    standing: dict[int, dict[str, Any]] = {}
    for command in given:
        arguments, profile = command.arguments, command.arguments.get("charging_profile")
        is_meant = arguments.get("session_id") == session_id or (
            command.type == rules.START and remote_start_id is not None and command.remote_start_id == remote_start_id
        )
        if command.type == CLEAR:
            standing = {number: one for number, one in standing.items() if not _is_cleared(number, one, arguments)}
        elif is_meant and profile is not None and _field(profile, "charging_profile_purpose") == TX_PROFILE:
            standing.pop(int(profile["id"]), None)  # set anew it is the newest
            standing[int(profile["id"])] = profile
    return list(standing.values())


def _is_cleared(number: int, profile: Mapping[str, Any], criteria: Mapping[str, Any]) -> bool:
    """Whether an order took a profile away: it named it, or what it is. Where it named an EVSE, it may have."""
    if criteria.get("charging_profile_id") is not None:
        return bool(criteria["charging_profile_id"] == number)
    is_level = criteria.get("stack_level") in (None, _field(profile, "stack_level"))
    return is_level and criteria.get("purpose") in (None, TX_PROFILE)


def _field(profile: Mapping[str, Any], name: str) -> Any:
    """A field of a profile, whose names are ours or those of the wire."""
    first, *rest = name.split("_")
    return profile.get(name, profile.get(first + "".join(map(str.title, rest))))


def _spawn(runtime: Runtime, event: SessionResumed, profiles: Sequence[dict[str, Any]]) -> None:
    tasks, name = runtime.state(Executions).tasks, f"resume:{event.session_id}"
    if name in tasks:
        return
    tasks[name] = asyncio.create_task(_repeat(runtime, event, profiles), name=name)
    tasks[name].add_done_callback(lambda _: tasks.pop(name, None))


async def _repeat(runtime: Runtime, event: SessionResumed, profiles: Sequence[dict[str, Any]]) -> Problem | None:
    """Each profile as an order of its own, so that the API shows how it ended."""
    for profile in profiles:
        order = SendCommand(
            operator_id=event.operator_id,
            station_id=event.station_id,
            type=SET,
            arguments={"session_id": event.session_id, "charging_profile": profile},
            requested_by=BY,
        )
        try:
            await runtime.ask(order)
        except Problem as problem:
            log.warning("profile.not_repeated", session_id=event.session_id, error=str(problem))
            return problem
    return None
