"""Local authorisation lists and reservations: how they are said in 1.6, 2.0.1 and 2.1, and what stations say of them.

A list that does not fit into one message goes as one Full part and Differential parts behind it, each with a version of its
own. Entries that a version cannot say (a longer token, a kind that it does not know) are left out of lists that we put together.
Sources: OCPP 1.6 §5.15, §5.13, §5.1, §5.10; OCPP 2.0.1 part 2, D01, D02, H01-H04.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from voltway.contracts.access import ReportLocalList, ReportReservation
from voltway.contracts.station_link import CommandOutcome
from voltway.contracts.vocabulary import AuthorizationStatus, CommandState
from voltway.kernel import clock
from voltway.kernel.errors import InvalidField
from voltway.kernel.ids import new_id
from voltway.modules.gateway.dialects.arguments import DONE, outcome_of, require_length, wrong
from voltway.modules.gateway.dialects.base import CommandLink, CommandRow, Inbound, ReportRow
from voltway.modules.gateway.dialects.ocpp16_commands import connectors_of
from voltway.modules.gateway.dialects.rows import origin
from voltway.modules.gateway.errors import CommandNotSupported
from voltway.wire.ocpp import v16, v21, v201
from voltway.wire.ocpp.times import format_instant

Arguments = Mapping[str, Any]
Entry = Mapping[str, Any]

FRAME_BYTES = 200
"""What a message has around its entries."""
KIND_OF_UNKNOWN = v201.IdTokenEnum.ISO14443.value
"""2.x must name a kind: a token that we know none of is taken for the card that it most likely is."""

_VERDICTS_16 = {
    AuthorizationStatus.ACCEPTED: v16.AuthorizationStatus.Accepted,
    AuthorizationStatus.EXPIRED: v16.AuthorizationStatus.Expired,
    AuthorizationStatus.INVALID: v16.AuthorizationStatus.Invalid,
    AuthorizationStatus.UNKNOWN: v16.AuthorizationStatus.Invalid,
    AuthorizationStatus.CONCURRENT_TX: v16.AuthorizationStatus.ConcurrentTx,
}
_TOKEN_LENGTHS = {"ocpp1.6": 20, "ocpp2.0.1": 36, "ocpp2.1": 255}


class Words(NamedTuple):
    """How one version says a list."""

    protocol: str
    entry: Callable[[Entry], Any]
    """Raises InvalidField for an entry that the version cannot say."""
    request: Callable[[int, bool, list[Any]], Any]
    """(version, is it the full list, entries)"""
    version_request: Any
    version_of: Callable[[Any], int]


# ---- entries of a list


def _token_of(protocol: str, entry: Entry, path: str) -> str:
    token: str = entry["id_token"]
    require_length(path, token, _TOKEN_LENGTHS[protocol])
    return token


def entry_16(entry: Entry) -> v16.AuthorizationData:
    """An entry of a 1.6 list."""
    token, group = _token_of("ocpp1.6", entry, "id_token"), entry.get("group")
    if entry.get("status") is None:
        return v16.AuthorizationData(id_tag=token)
    status = _VERDICTS_16.get(AuthorizationStatus(entry["status"]), v16.AuthorizationStatus.Blocked)
    return v16.AuthorizationData(
        id_tag=token,
        id_tag_info=v16.IdTagInfo(
            status=status,
            expiry_date=entry.get("expires_at"),
            parent_id_tag=group if group and len(group) <= _TOKEN_LENGTHS["ocpp1.6"] else None,
        ),
    )


def token_201(protocol: str, value: str, kind: str | None, path: str = "id_token") -> Any:
    """A token as 2.0.1 or 2.1 says it. Raises InvalidField."""
    require_length(path, value, _TOKEN_LENGTHS[protocol])
    if protocol == "ocpp2.1":
        return v21.IdToken(id_token=value, type=kind or KIND_OF_UNKNOWN)
    try:
        return v201.IdToken(id_token=value, type=v201.IdTokenEnum(kind or KIND_OF_UNKNOWN))
    except ValueError:
        raise wrong(f"{path}_kind", f"the station does not know tokens of kind {kind}") from None


def _group_2(protocol: str, group: str | None) -> Any:
    if not group or len(group) > _TOKEN_LENGTHS[protocol]:
        return None
    return token_201(protocol, group, v201.IdTokenEnum.Central.value)


def entry_2(protocol: str) -> Callable[[Entry], Any]:
    """How an entry of a list is said in a 2.x version."""
    wire: Any = v21 if protocol == "ocpp2.1" else v201

    def entry_of(entry: Entry) -> Any:
        token = token_201(protocol, entry["id_token"], entry.get("kind"))
        if entry.get("status") is None:
            return wire.AuthorizationData(id_token=token)
        info = wire.IdTokenInfo(
            status=wire.AuthorizationStatusEnum(entry["status"]),
            cache_expiry_date_time=entry.get("expires_at"),
            group_id_token=_group_2(protocol, entry.get("group")),
        )
        return wire.AuthorizationData(id_token=token, id_token_info=info)

    return entry_of


# ---- sending a list


def portions(entries: Sequence[Any], items_max: int | None, bytes_max: int | None) -> Iterator[list[Any]]:
    """The entries in messages that the station takes; at least one message, which may be empty."""
    part: list[Any] = []
    size = FRAME_BYTES
    for entry in entries:
        length = len(msgspec.json.encode(entry)) + 1
        is_full = (items_max is not None and len(part) >= items_max) or (
            bytes_max is not None and size + length > bytes_max
        )
        if part and is_full:
            yield part
            part, size = [], FRAME_BYTES
        part.append(entry)
        size += length
    yield part


class _Sending:
    """One `send_local_list` on its way."""

    def __init__(self, words: Words, link: CommandLink, arguments: Arguments) -> None:
        self._words, self._link, self._arguments = words, link, arguments
        self.version: int = arguments["version"]
        """The next that may be used."""
        self.parts: list[dict[str, Any]] = []
        self.left_out = 0

    async def ask_version(self) -> int:
        response = await self._link.call("GetLocalListVersion", self._words.version_request)
        told = self._words.version_of(response)
        self.version = max(self.version, told + 1)
        return told

    async def send(self, entries: Sequence[Entry], *, is_full: bool) -> str:
        """Send these entries in as many parts as it takes, and report; the station's last word."""
        said = []
        for entry in entries:
            try:
                said.append(self._words.entry(entry))
            except InvalidField:
                if self._arguments.get("is_explicit"):
                    raise
                self.left_out += 1
        status, last = "Accepted", None
        limits = (self._arguments.get("items_max"), self._arguments.get("bytes_max"))
        for index, part in enumerate(portions(said, *limits)):
            is_first_of_full = is_full and index == 0
            request = self._words.request(self.version, is_first_of_full, part)
            response = await self._link.call("SendLocalList", request)
            status = str(response.status)
            self.parts.append(
                {
                    "update": "full" if is_first_of_full else "differential",
                    "version": self.version,
                    "count": len(part),
                    "status": status,
                }
            )
            if status != "Accepted":
                break
            last = self.version
            self.version += 1
        await self._link.report(
            ReportLocalList(
                **_origin(self._link),
                version=last,
                wire_status=status,
                is_complete=status == "Accepted",
                is_full=is_full,
                entries=tuple(dict(entry) for entry in entries),
            )
        )
        return status

    def outcome(self, status: str) -> CommandOutcome:
        is_accepted = status == "Accepted"
        result: dict[str, Any] = {"parts": self.parts}
        if self.left_out:
            result["left_out"] = self.left_out
        return CommandOutcome(
            state=CommandState.ACCEPTED if is_accepted else CommandState.REJECTED,
            wire_status=status,
            effect=DONE if is_accepted else None,
            result=result,
        )


def send_row(words: Words) -> CommandRow:
    """The row of send_local_list."""

    def check(arguments: Arguments) -> None:
        if arguments.get("is_explicit"):
            for entry in arguments["full"]:
                words.entry(entry)

    async def run(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        sending = _Sending(words, link, arguments)
        mode, changes, full = arguments["mode"], arguments.get("changes"), arguments["full"]
        if mode == "sync":
            told = await sending.ask_version()
            if told < 0:
                await link.report(ReportLocalList(**_origin(link), version=told, wire_status="NotSupported"))
                return sending.outcome("NotSupported")
            if told != arguments.get("known_version"):
                changes = None
            if changes is not None and not changes:
                await link.report(ReportLocalList(**_origin(link), version=told, wire_status="Accepted", entries=()))
                return sending.outcome("Accepted")
        if mode == "full" or changes is None:
            return sending.outcome(await sending.send(full, is_full=True))
        status = await sending.send(changes, is_full=False)
        if status == "VersionMismatch" and not arguments.get("is_explicit"):
            # 2.0.1 D01 and 1.6 §5.15: what the station has is not what we think, so it gets all of it.
            await sending.ask_version()
            status = await sending.send(full, is_full=True)
        return sending.outcome(status)

    return CommandRow(run, check)


def version_row(words: Words) -> CommandRow:
    """The row of get_local_list_version."""

    async def run(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        version = words.version_of(await link.call("GetLocalListVersion", words.version_request))
        await link.report(ReportLocalList(**_origin(link), version=version))
        # 1.6 §5.10: -1 says that the station has no lists, 0 that its list is empty.
        result = {"version": version, "is_supported": version >= 0}
        return CommandOutcome(state=CommandState.ACCEPTED, effect=DONE, result=result)

    return CommandRow(run)


def _request_16(version: int, is_full: bool, entries: list[Any]) -> v16.SendLocalListRequest:
    return v16.SendLocalListRequest(
        list_version=version,
        update_type=v16.UpdateType.Full if is_full else v16.UpdateType.Differential,
        local_authorization_list=entries or None,
    )


def _request_2(wire: Any) -> Callable[[int, bool, list[Any]], Any]:
    def request(version: int, is_full: bool, entries: list[Any]) -> Any:
        return wire.SendLocalListRequest(
            version_number=version,
            update_type=wire.UpdateEnum.Full if is_full else wire.UpdateEnum.Differential,
            local_authorization_list=entries or None,
        )

    return request


_WORDS_16 = Words(
    "ocpp1.6",
    entry_16,
    _request_16,
    v16.GetLocalListVersionRequest(),
    lambda response: int(response.list_version),
)
_WORDS_201 = Words(
    "ocpp2.0.1",
    entry_2("ocpp2.0.1"),
    _request_2(v201),
    v201.GetLocalListVersionRequest(),
    lambda response: int(response.version_number),
)
_WORDS_21 = Words(
    "ocpp2.1",
    entry_2("ocpp2.1"),
    _request_2(v21),
    v21.GetLocalListVersionRequest(),
    lambda response: int(response.version_number),
)


# ---- reservations


def _expiry(arguments: Arguments) -> str:
    return format_instant(datetime.fromisoformat(arguments["expires_at"]))


def check_reserve_16(arguments: Arguments) -> None:
    """A 1.6 station is told a connector and a token, nothing else."""
    require_length("id_token", arguments["id_token"], _TOKEN_LENGTHS["ocpp1.6"])
    if arguments.get("group") is not None:
        require_length("group", arguments["group"], _TOKEN_LENGTHS["ocpp1.6"])
    if arguments.get("connector_type") is not None:
        raise CommandNotSupported("A 1.6 station cannot reserve a connector by its type.")


async def reserve_16(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    evse_number = arguments.get("evse_number")
    request = v16.ReserveNowRequest(
        connector_id=0 if evse_number is None else connectors_of(link.credential, evse_number, None)[0],
        expiry_date=_expiry(arguments),
        id_tag=arguments["id_token"],
        reservation_id=arguments["reservation_number"],
        parent_id_tag=arguments.get("group"),
    )
    return await _told(link, arguments, "reserve", await link.call("ReserveNow", request))


def reserve_row_2(protocol: str) -> CommandRow:
    """The row of reserve_now for a 2.x version."""
    wire: Any = v21 if protocol == "ocpp2.1" else v201

    def request_of(arguments: Arguments) -> Any:
        kind = arguments.get("connector_type")
        if kind is not None and protocol == "ocpp2.0.1":
            try:
                kind = v201.ConnectorEnum(kind)
            except ValueError:
                raise wrong("connector_type", "no type of connector that the station knows") from None
        group = arguments.get("group")
        if group is not None:
            require_length("group", group, _TOKEN_LENGTHS[protocol])
        return wire.ReserveNowRequest(
            id=arguments.get("reservation_number") or 1,
            expiry_date_time=_expiry(arguments),
            id_token=token_201(protocol, arguments["id_token"], arguments.get("id_token_kind")),
            connector_type=kind,
            evse_id=arguments.get("evse_number"),
            group_id_token=_group_2(protocol, group),
        )

    async def run(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        return await _told(link, arguments, "reserve", await link.call("ReserveNow", request_of(arguments)))

    def check(arguments: Arguments) -> None:
        request_of(arguments)

    return CommandRow(run, check)


def cancel_row(wire: Any) -> CommandRow:
    """The row of cancel_reservation."""

    async def run(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        request = wire.CancelReservationRequest(reservation_id=arguments["reservation_number"])
        return await _told(link, arguments, "cancel", await link.call("CancelReservation", request))

    return CommandRow(run)


async def _told(link: CommandLink, arguments: Arguments, about: str, response: Any) -> CommandOutcome:
    outcome = outcome_of(response, is_done=True)
    await link.report(
        ReportReservation(
            **_origin(link),
            number=arguments["reservation_number"],
            about=about,
            wire_status=outcome.wire_status or "",
        )
    )
    return outcome


def read_reservation_status(inbound: Inbound, request: v201.ReservationStatusUpdateRequest) -> ReportReservation:
    return ReportReservation(
        **origin(inbound),
        number=request.reservation_id,
        about="update",
        wire_status=str(request.reservation_update_status),
    )


def _origin(link: CommandLink) -> dict[str, Any]:
    """The fields that every report has, for one that follows from an answer."""
    credential = link.credential
    return {
        "operator_id": credential.operator_id,
        "station_id": credential.station_id,
        "station_identity": credential.identity,
        "location_id": credential.location_id,
        "protocol": link.protocol,
        "message_id": new_id(),
        "received_at": clock.now(),
    }


_STATUS_NOTED = v201.ReservationStatusUpdateResponse()

REPORTS_201: dict[str, ReportRow] = {
    "ReservationStatusUpdate": ReportRow(read_reservation_status, lambda inbound, request, reply: _STATUS_NOTED)
}

COMMANDS_16: dict[str, CommandRow] = {
    "send_local_list": send_row(_WORDS_16),
    "get_local_list_version": version_row(_WORDS_16),
    "reserve_now": CommandRow(reserve_16, check_reserve_16),
    "cancel_reservation": cancel_row(v16),
}
COMMANDS_201: dict[str, CommandRow] = {
    "send_local_list": send_row(_WORDS_201),
    "get_local_list_version": version_row(_WORDS_201),
    "reserve_now": reserve_row_2("ocpp2.0.1"),
    "cancel_reservation": cancel_row(v201),
}
COMMANDS_21: dict[str, CommandRow] = {
    "send_local_list": send_row(_WORDS_21),
    "get_local_list_version": version_row(_WORDS_21),
    "reserve_now": reserve_row_2("ocpp2.1"),
    "cancel_reservation": cancel_row(v21),
}
