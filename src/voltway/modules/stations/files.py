"""What the gateway must know besides what was given, for orders about files: an address, a number, a signature."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from voltway.contracts.files import FileOrderEnded, FindImageChecksum, JobKind, PrepareJob
from voltway.contracts.station_link import CheckCommand, ExecuteCommand
from voltway.contracts.vocabulary import CommandState
from voltway.kernel import clock
from voltway.kernel.runtime import Runtime
from voltway.modules.stations.store import stations
from voltway.modules.stations.tables import variables

UNPUBLISH = "unpublish_firmware"
_JOBS = {
    "update_firmware": JobKind.FIRMWARE,
    "get_log": JobKind.LOG,
    "publish_firmware": JobKind.PUBLISH,
}
ABOUT_FILES = frozenset({*_JOBS, UNPUBLISH})
PROTOCOL_16 = "ocpp1.6"
SIGNED_FROM_PROFILE = 2
_TRIAL = {"location": "https://localhost", "checksum": "0" * 32, "request_number": 1}
_TRIAL_SIGNATURE = {"signature": "x", "signing_certificate": "x"}


async def resolve(runtime: Runtime, station: stations.Row, kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """More arguments. No job is noted that the station could not be told of. Raises what the asks raise."""
    if kind == UNPUBLISH:
        if "image_id" not in given:
            return {}
        wanted = FindImageChecksum(operator_id=station.operator_id, image_id=given["image_id"])
        return {"checksum": await runtime.ask(wanted)}
    is_signed = given.get("is_signed", await _checks_signatures(runtime, station))
    if station.protocol is not None:
        trial = _TRIAL | (_TRIAL_SIGNATURE if is_signed and "image_id" in given else {}) | given
        await runtime.ask(CheckCommand(protocol=station.protocol, type=kind, arguments=trial))
    return await runtime.ask(
        PrepareJob(
            operator_id=station.operator_id,
            station_id=station.id,
            station_identity=station.identity,
            location_id=station.location_id,
            kind=_JOBS[kind],
            arguments=given,
            is_signed=is_signed,
            installed_version=station.firmware_version if _JOBS[kind] is JobKind.FIRMWARE else None,
        )
    )


def ended(request: ExecuteCommand, operator_id: str, state: CommandState) -> list[FileOrderEnded]:
    """What to say of an order that came to nothing, so that its job ends with it."""
    number = request.arguments.get("request_number")
    if request.type not in _JOBS or number is None or state not in _NOTHING:
        return []
    return [
        FileOrderEnded(
            operator_id=operator_id,
            at=clock.now(),
            station_id=request.station_id,
            request_number=number,
            state=state.value,
        )
    ]


_NOTHING = frozenset({CommandState.OFFLINE, CommandState.TIMED_OUT, CommandState.REJECTED, CommandState.FAILED})


async def _checks_signatures(runtime: Runtime, station: stations.Row) -> bool:
    """Whether the station takes signed firmware. All of 2.x does; of 1.6 those with the security extension, which have its
    configuration key SecurityProfile or are linked over TLS by it."""
    if station.protocol != PROTOCOL_16 or station.security_profile >= SIGNED_FROM_PROFILE:
        return True
    statement = sa.select(variables.c.variable).where(
        variables.c.station_id == station.id,
        variables.c.variable == "SecurityProfile",
    )
    async with runtime.database.read() as tx:
        return (await tx.execute(statement.limit(1))).first() is not None
