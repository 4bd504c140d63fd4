"""Firmware and logs: how a station is told to fetch the one and to bring the other, and what it says of how it gets on.

The number of a request is made by the files module, which knows what a status is about by it; 1.6's own messages have none.

Source: OCPP 2.0.1 part 2, L01 to L04, N01; OCPP 1.6 §5.9, §5.19; OCPP 1.6 security white paper (SignedUpdateFirmware, GetLog).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import ModuleType
from typing import Any, NamedTuple

from voltway.contracts.files import JobKind, ReportJobAnswer, ReportJobStatus
from voltway.contracts.station_link import CommandOutcome
from voltway.contracts.vocabulary import CommandState
from voltway.kernel import clock
from voltway.modules.gateway.dialects.arguments import outcome_of, require_length, wrong
from voltway.modules.gateway.dialects.base import CommandLink, CommandRow, Inbound, ReportRow
from voltway.modules.gateway.dialects.rows import link_origin, origin
from voltway.wire.ocpp import v16, v21, v201
from voltway.wire.ocpp.times import format_instant

Arguments = Mapping[str, Any]
Check = Callable[[Arguments], None]

LOCATION_LENGTH_MAX = 512
LOCATION_LENGTH_MAX_21 = 2000
CHECKSUM_LENGTH = 32  # 2.0.1 part 2, PublishFirmwareRequest: MD5 in hexadecimal
_CANCELS = "AcceptedCanceled"
_LOGS = {"diagnostics": "DiagnosticsLog", "security": "SecurityLog", "data_collector": "DataCollectorLog"}


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


def check_location_21(arguments: Arguments) -> None:
    require_length("location", arguments["location"], LOCATION_LENGTH_MAX_21)


def check_log(arguments: Arguments) -> None:
    check_location(arguments)
    if arguments["kind"] == "data_collector":
        raise wrong("kind", "this station's protocol knows diagnostics and security logs only")


async def _note(link: CommandLink, request_number: int, outcome: CommandOutcome, file_name: str | None = None) -> None:
    """Record how the station has answered, for whoever follows the file."""
    report = ReportJobAnswer(
        **link_origin(link),
        request_number=request_number,
        wire_status=outcome.wire_status,
        is_accepted=outcome.state is CommandState.ACCEPTED,
        cancels_others=outcome.wire_status == _CANCELS,
        file_name=file_name,
    )
    await link.report(report)


async def _signed(
    link: CommandLink, action: str, kind: type[Any], wire: ModuleType, arguments: Arguments
) -> CommandOutcome:
    """Order firmware by a message that has a request id, in the answer of which the station says whether it will do it."""
    number = arguments["request_number"]
    request = kind(request_id=number, firmware=_firmware(wire, arguments), **_repeats(arguments))
    outcome = outcome_of(await link.call(action, request), result={"request_id": number})
    await _note(link, number, outcome)
    return outcome


async def _get_log(
    link: CommandLink, kind: type[Any], wire: ModuleType, words: Any, arguments: Arguments
) -> CommandOutcome:
    number = arguments["request_number"]
    request = kind(
        log=_log(wire, arguments),
        log_type=words(_LOGS[arguments["kind"]]),
        request_id=number,
        **_repeats(arguments),
    )
    response = await link.call("GetLog", request)
    outcome = outcome_of(response, result={"request_id": number, "file_name": response.filename})
    await _note(link, number, outcome, response.filename)
    return outcome


# ---- OCPP 1.6


def check_firmware_16(arguments: Arguments) -> None:
    check_location(arguments)
    if (arguments.get("signature") is None) != (arguments.get("signing_certificate") is None):
        raise wrong("signature", "a signature and its signing_certificate come together")
    if arguments.get("install_at") is not None and arguments.get("signature") is None:
        raise wrong("install_at", "a 1.6 station installs unsigned firmware when it has it")


async def update_firmware_16(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    if arguments.get("signature") is not None:
        return await _signed(link, "SignedUpdateFirmware", v16.SignedUpdateFirmwareRequest, v16, arguments)
    request = v16.UpdateFirmwareRequest(
        location=arguments["location"],
        retrieve_date=_at(arguments, "retrieve_at") or format_instant(clock.now()),
        **_repeats(arguments),
    )
    await link.call("UpdateFirmware", request)
    outcome = CommandOutcome(state=CommandState.ACCEPTED)  # the answer says nothing: that it came is all
    await _note(link, arguments["request_number"], outcome)
    return outcome


async def get_log_16(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    """Diagnostics by 1.6's own message; the security log by that of the white paper."""
    if arguments["kind"] == "security":
        return await _get_log(link, v16.GetLogRequest, v16, v16.LogType, arguments)
    request = v16.GetDiagnosticsRequest(
        location=arguments["location"],
        start_time=_at(arguments, "since"),
        stop_time=_at(arguments, "until"),
        **_repeats(arguments),
    )
    response: v16.GetDiagnosticsResponse = await link.call("GetDiagnostics", request)
    outcome = CommandOutcome(state=CommandState.ACCEPTED, result={"file_name": response.file_name})
    await _note(link, arguments["request_number"], outcome, response.file_name)
    return outcome


COMMANDS_16: dict[str, CommandRow] = {
    "update_firmware": CommandRow(update_firmware_16, check_firmware_16),
    "get_log": CommandRow(get_log_16, check_log),
}


# ---- OCPP 2.x


def _check_publish(length_max: int) -> Callable[[Arguments], None]:
    def check(arguments: Arguments) -> None:
        require_length("location", arguments["location"], length_max)
        require_length("checksum", arguments["checksum"], CHECKSUM_LENGTH)

    return check


class Says(NamedTuple):
    """The requests of a 2.x version."""

    update: type[Any]
    get_log: type[Any]
    publish: type[Any]
    unpublish: type[Any]


def rows_2(wire: ModuleType, says: Says, check: Check, check_of_log: Check, length_max: int) -> dict[str, CommandRow]:
    """The rows of a 2.x version."""

    async def update_firmware(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        return await _signed(link, "UpdateFirmware", says.update, wire, arguments)

    async def get_log(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        return await _get_log(link, says.get_log, wire, wire.LogEnum, arguments)

    async def publish_firmware(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        number = arguments["request_number"]
        request = says.publish(
            location=arguments["location"],
            checksum=arguments["checksum"],
            request_id=number,
            **_repeats(arguments),
        )
        outcome = outcome_of(await link.call("PublishFirmware", request), result={"request_id": number})
        await _note(link, number, outcome)
        return outcome

    async def unpublish_firmware(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        request = says.unpublish(checksum=arguments["checksum"])
        return outcome_of(await link.call("UnpublishFirmware", request))

    return {
        "update_firmware": CommandRow(update_firmware, check),
        "get_log": CommandRow(get_log, check_of_log),
        "publish_firmware": CommandRow(publish_firmware, _check_publish(length_max)),
        "unpublish_firmware": CommandRow(unpublish_firmware),
    }


SAYS_201 = Says(
    v201.UpdateFirmwareRequest, v201.GetLogRequest, v201.PublishFirmwareRequest, v201.UnpublishFirmwareRequest
)
SAYS_21 = Says(v21.UpdateFirmwareRequest, v21.GetLogRequest, v21.PublishFirmwareRequest, v21.UnpublishFirmwareRequest)
COMMANDS_201 = rows_2(v201, SAYS_201, check_location, check_log, LOCATION_LENGTH_MAX)
COMMANDS_21 = rows_2(v21, SAYS_21, check_location_21, check_location_21, LOCATION_LENGTH_MAX_21)


# ---- what stations say


def _row(kind: JobKind, response: Any) -> ReportRow:
    """How a message about a kind of file is read. 1.6's own messages have no number."""

    def read(inbound: Inbound, request: Any) -> ReportJobStatus:
        said = getattr(request, "status_info", None)
        return ReportJobStatus(
            **origin(inbound),
            kind=kind,
            status=str(request.status),
            request_number=getattr(request, "request_id", None),
            locations=tuple(getattr(request, "location", None) or ()),
            reason=None if said is None else said.reason_code,
        )

    return ReportRow(read, lambda inbound, request, reply: response)


REPORTS_16: dict[str, ReportRow] = {
    "DiagnosticsStatusNotification": _row(JobKind.LOG, v16.DiagnosticsStatusNotificationResponse()),
    "FirmwareStatusNotification": _row(JobKind.FIRMWARE, v16.FirmwareStatusNotificationResponse()),
    "LogStatusNotification": _row(JobKind.LOG, v16.LogStatusNotificationResponse()),
    "SignedFirmwareStatusNotification": _row(JobKind.FIRMWARE, v16.SignedFirmwareStatusNotificationResponse()),
}
REPORTS_2: dict[str, ReportRow] = {
    "FirmwareStatusNotification": _row(JobKind.FIRMWARE, v201.FirmwareStatusNotificationResponse()),
    "LogStatusNotification": _row(JobKind.LOG, v201.LogStatusNotificationResponse()),
    "PublishFirmwareStatusNotification": _row(JobKind.PUBLISH, v201.PublishFirmwareStatusNotificationResponse()),
}
