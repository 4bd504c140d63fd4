"""What stations are told: default profiles, shares, templates; and how they take it."""

from __future__ import annotations

from typing import Any

import msgspec
import structlog

from voltway.charging.profiles import PHASES_DEFAULT, Kind, Purpose
from voltway.contracts.stations import SendCommand
from voltway.contracts.vocabulary import CommandState
from voltway.kernel.errors import Problem
from voltway.kernel.runtime import Runtime

log = structlog.get_logger()

WAIT_S = 30.0
REQUESTED_BY = "allocation"
MAX_ID, DEFAULT_ID, SHARE_ID = 2_000_001, 2_000_002, 2_000_010
"""Our profiles at a station; a share has that of its EVSE after the last one."""
LONG_AGO = "2020-01-01T00:00:00Z"
"""C04: a start in the past, so that a profile holds from the moment when it is accepted."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """How a station took a command. `state` is a word of CommandState, or `refused`: it cannot be told this at all."""

    state: str
    wire_status: str | None = None
    command_id: str | None = None
    detail: str | None = None

    @property
    def is_accepted(self) -> bool:
        return self.state == CommandState.ACCEPTED

    @property
    def is_unknown(self) -> bool:
        """Whether the station may have taken it all the same."""
        return self.state in (CommandState.PENDING, CommandState.SENT, CommandState.TIMED_OUT)


async def tell(
    runtime: Runtime,
    operator_id: str,
    station_id: str,
    kind: str,
    arguments: dict[str, Any],
    requested_by: str = REQUESTED_BY,
) -> Answer:
    """Send a command and wait for its end."""
    order = SendCommand(
        operator_id=operator_id,
        station_id=station_id,
        type=kind,
        arguments=arguments,
        requested_by=requested_by,
        wait_s=WAIT_S,
    )
    try:
        said = await runtime.ask(order, timeout_s=WAIT_S + 30)
    except Problem as problem:
        log.info("allocation.refused", station_id=station_id, type=kind, error=problem.detail)
        return Answer(state="refused", detail=problem.detail)
    return Answer(state=said.state.value, wire_status=said.wire_status, command_id=said.command_id)


async def tell_defaults(runtime: Runtime, station_id: str, limit: Any) -> bool:
    """Give a station the location's limit as its own maximum, and nothing to a session that has no share; whether it has
    accepted both. The default first: it is the one that keeps the others' shares safe."""
    for document in (
        _profile(DEFAULT_ID, Purpose.TX_DEFAULT, Kind.RELATIVE, limit.unit, 0.0),
        _profile(MAX_ID, Purpose.STATION_MAX, Kind.ABSOLUTE, limit.unit, limit.limit_value),
    ):
        arguments = {"charging_profile": document}
        answer = await tell(runtime, limit.operator_id, station_id, "set_charging_profile", arguments)
        if not answer.is_accepted:
            return False
    return True


async def take_defaults(runtime: Runtime, operator_id: str, station_id: str) -> bool:
    """Take the default profiles away again; whether the station has said that they are gone, or that it knows none."""
    answers = [
        await tell(runtime, operator_id, station_id, "clear_charging_profile", {"charging_profile_id": number})
        for number in (MAX_ID, DEFAULT_ID)
    ]
    return all(answer.is_accepted or answer.state in (CommandState.REJECTED, "refused") for answer in answers)


async def tell_share(runtime: Runtime, claim: Any, unit: str, share: float, phases: int) -> Answer:
    """Give a session its share, on so many phases."""
    document = _profile(SHARE_ID + claim.evse_number, Purpose.TX, Kind.RELATIVE, unit, share, phases)
    arguments = {"session_id": claim.session_id, "charging_profile": document}
    return await tell(runtime, claim.operator_id, claim.station_id, "set_charging_profile", arguments)


async def take_share(runtime: Runtime, claim: Any) -> Answer:
    """Take a session's share away: what else limits it holds."""
    arguments = {"charging_profile_id": SHARE_ID + claim.evse_number}
    return await tell(runtime, claim.operator_id, claim.station_id, "clear_charging_profile", arguments)


def _profile(
    number: int, purpose: Purpose, kind: Kind, unit: str, limit: float, phases: int = PHASES_DEFAULT
) -> dict[str, Any]:
    schedule: dict[str, Any] = {
        "id": 1,
        "charging_rate_unit": unit,
        "charging_schedule_period": [{"start_period": 0, "limit": limit, "number_phases": phases}],
    }
    if kind is Kind.ABSOLUTE:
        schedule["start_schedule"] = LONG_AGO
    return {
        "id": number,
        "stack_level": 0,
        "charging_profile_purpose": purpose.value,
        "charging_profile_kind": kind.value,
        "charging_schedule": [schedule],
    }
