"""Who may charge. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from voltway.contracts.station_link import Authorization
from voltway.contracts.vocabulary import AuthorizationStatus, IdToken

_VERDICTS = {
    "accepted": AuthorizationStatus.ACCEPTED,
    "blocked": AuthorizationStatus.BLOCKED,
    "expired": AuthorizationStatus.EXPIRED,
    "invalid": AuthorizationStatus.INVALID,
}
UNKNOWN = Authorization(status=AuthorizationStatus.INVALID)
DIRECT_PAYMENT = "DirectPayment"
"""2.1: the token is the reference of a payment at the station's terminal, which has judged the card; we have no record of it
unless somebody made one, for example to block it."""
PAID_AT_TERMINAL = Authorization(status=AuthorizationStatus.ACCEPTED)
NEEDS_NO_TOKEN = frozenset({"NoAuthorization"})
"""2.x: the station charges without asking who, e.g. by a key switch (OCPP 2.0.1 C02)."""


class Place(NamedTuple):
    """Where and for what a token is shown."""

    location_id: str | None = None
    master_group: str | None = None
    """The operator's master pass group: its tokens stop any transaction and start none (OCPP 2.0.1 C16)."""
    is_start: bool = False


def find(rows: Sequence[Any], token: IdToken) -> Any | None:
    """The row for a token among those with its value: the same kind, else one without a kind. A token whose protocol gives
    no kind (1.6) matches any."""
    if token.kind is None:
        return min(rows, key=lambda row: row.id, default=None)
    same = [row for row in rows if row.kind_key == token.kind.casefold()]
    return (same or [row for row in rows if row.kind_key == ""] or [None])[0]


def verdict(row: Any | None, token: IdToken, at: datetime, place: Place = Place()) -> Authorization:
    """Whether a token may charge at an instant, at a place."""
    if token.kind in NEEDS_NO_TOKEN:
        return Authorization(status=AuthorizationStatus.ACCEPTED)
    if row is None:
        return PAID_AT_TERMINAL if token.kind == DIRECT_PAYMENT else UNKNOWN
    return Authorization(
        status=_status(row, at, place),
        id_token_id=row.id,
        group=row.group_value,
        expires_at=row.expires_at,
        user_id=row.user_id,
        concurrent_max=row.concurrent_max,
        language=row.language,
        message=row.message,
        energy_transfer_modes=tuple(row.energy_transfer_modes or ()),
    )


def is_master(row: Any, place: Place) -> bool:
    """Whether a token is one of the master pass group."""
    group = row.group_value
    return place.master_group is not None and group is not None and group.casefold() == place.master_group.casefold()


def _status(row: Any, at: datetime, place: Place) -> AuthorizationStatus:
    status = _VERDICTS[row.status]
    if status is not AuthorizationStatus.ACCEPTED:
        return status
    if row.expires_at is not None and row.expires_at <= at:
        return AuthorizationStatus.EXPIRED
    if row.location_ids is not None and place.location_id not in row.location_ids:
        return AuthorizationStatus.NOT_AT_THIS_LOCATION
    if place.is_start and is_master(row, place):
        return AuthorizationStatus.INVALID  # 2.0.1 C16: a master pass starts no transaction
    return status


def is_over(row: Any, at: datetime) -> bool:
    """Whether a token may charge nowhere any more."""
    return row.status != "accepted" or (row.expires_at is not None and row.expires_at <= at)
