"""Firmware and logs: how a station is told to fetch the one and to bring the other, at a place that the caller names.

Source: OCPP 2.0.1 part 2, L01, N01; OCPP 1.6 §5.9, §5.19; OCPP 1.6 security white paper (SignedUpdateFirmware, GetLog).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import ModuleType
from typing import Any

from voltway.contracts.station_link import CommandOutcome
from voltway.contracts.vocabulary import CommandState
from voltway.kernel import clock
from voltway.modules.gateway.dialects.arguments import outcome_of, require_length, wrong
from voltway.modules.gateway.dialects.base import CommandLink, CommandRow
from voltway.modules.gateway.dialects.request_ids import new_request_id
from voltway.wire.ocpp import v16, v21, v201
from voltway.wire.ocpp.times import format_instant

Arguments = Mapping[str, Any]

LOCATION_LENGTH_MAX = 512
_LOGS = {"diagnostics": "DiagnosticsLog", "security": "SecurityLog"}


def _at(arguments: Arguments, name: str) -> str | None:
    given = arguments.get(name)
    return None if given is None else format_instant(datetime.fromisoformat(given))


def _repeats(arguments: Arguments) -> dict[str, Any]:
    return {"retries": arguments.get("retries"), "retry_interval": arguments.get("retry_interval_s")}


def _firmware(wire: ModuleType, arguments: Arguments) -> Any:
    return wire.Firmware(
        location=arguments["location"],
        retrieve_date_time=_at(arguments, "retrieve_at") or format_instant(clock.now()),
        install_date_time=_at(arguments, "install_at"),
        signing_certificate=arguments.get("signing_certificate"),
        signature=arguments.get("signature"),
    )


def _log(wire: ModuleType, arguments: Arguments) -> Any:
    return wire.LogParameters(
        remote_location=arguments["location"],
        oldest_timestamp=_at(arguments, "since"),
        latest_timestamp=_at(arguments, "until"),
    )


def check_location(arguments: Arguments) -> None:
    require_length("location", arguments["location"], LOCATION_LENGTH_MAX)


async def _signed(link: CommandLink, action: str, wire: ModuleType, arguments: Arguments) -> CommandOutcome:
    """Order firmware by a message that has a request id, in the answer of which the station says whether it will do it."""
    request_id = new_request_id()
    kind = getattr(wire, f"{action}Request")
    request = kind(request_id=request_id, firmware=_firmware(wire, arguments), **_repeats(arguments))
    return outcome_of(await link.call(action, request), result={"request_id": request_id})


async def _get_log(link: CommandLink, wire: ModuleType, words: Any, arguments: Arguments) -> CommandOutcome:
    request_id = new_request_id()
    request = wire.GetLogRequest(
        log=_log(wire, arguments),
        log_type=words(_LOGS[arguments["kind"]]),
        request_id=request_id,
        **_repeats(arguments),
    )
    response = await link.call("GetLog", request)
    return outcome_of(response, result={"request_id": request_id, "file_name": response.filename})


# ---- OCPP 1.6


def check_firmware_16(arguments: Arguments) -> None:
    check_location(arguments)
    if (arguments.get("signature") is None) != (arguments.get("signing_certificate") is None):
        raise wrong("signature", "a signature and its signing_certificate come together")
    if arguments.get("install_at") is not None and arguments.get("signature") is None:
        raise wrong("install_at", "a 1.6 station installs unsigned firmware when it has it")


async def update_firmware_16(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    if arguments.get("signature") is not None:
        return await _signed(link, "SignedUpdateFirmware", v16, arguments)
    request = v16.UpdateFirmwareRequest(
        location=arguments["location"],
        retrieve_date=_at(arguments, "retrieve_at") or format_instant(clock.now()),
        **_repeats(arguments),
    )
    await link.call("UpdateFirmware", request)
    return CommandOutcome(state=CommandState.ACCEPTED)  # the answer says nothing: that it came is all


async def get_log_16(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    """Diagnostics by 1.6's own message; the security log by that of the white paper."""
    if arguments["kind"] == "security":
        return await _get_log(link, v16, v16.LogType, arguments)
    request = v16.GetDiagnosticsRequest(
        location=arguments["location"],
        start_time=_at(arguments, "since"),
        stop_time=_at(arguments, "until"),
        **_repeats(arguments),
    )
    response: v16.GetDiagnosticsResponse = await link.call("GetDiagnostics", request)
    return CommandOutcome(state=CommandState.ACCEPTED, result={"file_name": response.file_name})


COMMANDS_16: dict[str, CommandRow] = {
    "update_firmware": CommandRow(update_firmware_16, check_firmware_16),
    "get_log": CommandRow(get_log_16, check_location),
}


# ---- OCPP 2.x


def rows_2(wire: ModuleType) -> dict[str, CommandRow]:
    """The rows of a 2.x version."""

    async def update_firmware(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        return await _signed(link, "UpdateFirmware", wire, arguments)

    async def get_log(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        return await _get_log(link, wire, wire.LogEnum, arguments)

    return {
        "update_firmware": CommandRow(update_firmware, check_location),
        "get_log": CommandRow(get_log, check_location),
    }


COMMANDS_201 = rows_2(v201)
COMMANDS_21 = rows_2(v21)
