"""What the rows of all dialects are made of: who a report is from, answers that need nothing, the question who may charge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from voltway.contracts.station_link import Authorization
from voltway.contracts.users import AuthorizeTokens, TokenQuery
from voltway.contracts.vocabulary import AuthorizationStatus, IdToken
from voltway.kernel import clock
from voltway.kernel.ids import new_id
from voltway.modules.gateway.dialects.base import CommandLink, Inbound, ReportRow

NOBODY = Authorization(status=AuthorizationStatus.INVALID)
"""The verdict where there is none: nobody may charge on our silence."""


def origin(inbound: Inbound) -> dict[str, Any]:
    """The fields that every report has: who says it, over what, when."""
    credential = inbound.credential
    return {
        "operator_id": credential.operator_id,
        "station_id": credential.station_id,
        "station_identity": credential.identity,
        "location_id": credential.location_id,
        "protocol": inbound.protocol,
        "message_id": inbound.message_id,
        "received_at": inbound.received_at,
    }


def link_origin(link: CommandLink) -> dict[str, Any]:
    """The same for what an answer to a command tells of the station."""
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


def read_nothing(inbound: Inbound, request: Any) -> None:
    """The message changes nothing here: answer at once."""
    return


def answered(response: Any) -> ReportRow:
    """A row for a message that always gets the same answer."""
    return ReportRow(read=read_nothing, answer=lambda inbound, request, reply: response)


def ask_who(inbound: Inbound, id_token: IdToken, *, is_with_contract: bool = False) -> AuthorizeTokens:
    """Ask whether a token may charge at this station."""
    credential = inbound.credential
    return AuthorizeTokens(
        queries=(
            TokenQuery(
                operator_id=credential.operator_id,
                station_id=credential.station_id,
                id_token=id_token,
                location_id=credential.location_id,
                is_with_contract=is_with_contract,
            ),
        )
    )


def verdict_in(reply: Sequence[Authorization] | None) -> Authorization:
    """The one verdict in the reply to `ask_who`."""
    return reply[0] if reply else NOBODY
