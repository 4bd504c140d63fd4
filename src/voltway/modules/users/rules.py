"""Who may charge. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

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


def find(rows: Sequence[Any], token: IdToken) -> Any | None:
    """The row for a token among those with its value: the same kind, else one without a kind. A token whose protocol gives
    no kind (1.6) matches any."""
    if token.kind is None:
        return min(rows, key=lambda row: row.id, default=None)
    same = [row for row in rows if row.kind_key == token.kind.casefold()]
    return (same or [row for row in rows if row.kind_key == ""] or [None])[0]


def verdict(row: Any | None, token: IdToken, at: datetime) -> Authorization:
    """Whether a token may charge at an instant."""
    if token.kind in NEEDS_NO_TOKEN:
        return Authorization(status=AuthorizationStatus.ACCEPTED)
    if row is None:
        return PAID_AT_TERMINAL if token.kind == DIRECT_PAYMENT else UNKNOWN
    status = _VERDICTS[row.status]
    if status is AuthorizationStatus.ACCEPTED and row.expires_at is not None and row.expires_at <= at:
        status = AuthorizationStatus.EXPIRED
    return Authorization(
        status=status,
        id_token_id=row.id,
        group=row.group_value,
        expires_at=row.expires_at,
        user_id=row.user_id,
        concurrent_max=row.concurrent_max,
        energy_transfer_modes=tuple(row.energy_transfer_modes or ()),
    )
