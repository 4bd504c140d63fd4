"""Who may charge. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from voltway.contracts.payments import PaidLimit
from voltway.contracts.station_link import Authorization
from voltway.contracts.vocabulary import AuthorizationStatus, IdToken, SpendingLimit
from voltway.kernel.money import Money
from voltway.modules.users import autocharge_rules, hour_rules

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
    evse_number: int | None = None
    """None: the station did not say."""
    connectors: Mapping[int, Sequence[str]] | None = None
    """The types of connectors at each EVSE, where they are known."""
    is_stopping: bool = False
    """Whether the operator wants a session stopped that began with a token which may not charge."""


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
        return PAID_AT_TERMINAL if token.kind == DIRECT_PAYMENT else replace(UNKNOWN, limit=refused(place.is_stopping))
    status = _status(row, at, place)
    return Authorization(
        status=status,
        limit=limit_of(row) if status is AuthorizationStatus.ACCEPTED else refused(place.is_stopping),
        evse_numbers=_evse_numbers(row, place),
        is_kept=is_kept(row),
        id_token_id=row.id,
        group=row.group_value,
        expires_at=row.expires_at,
        user_id=row.user_id,
        # A credit is spent by one session at a time: two would each have all of it.
        concurrent_max=row.concurrent_max if row.balance_minor is None else 1,
        language=row.language,
        message=row.message,
        energy_transfer_modes=tuple(row.energy_transfer_modes or ()),
    )


def verdict_on_payment(payment: PaidLimit, station_id: str) -> Authorization:
    """The verdict on the token of a payment on the web: at its station, as far as was paid for, and not for later."""
    if not payment.is_paid or payment.station_id != station_id:
        return Authorization(status=AuthorizationStatus.INVALID, is_kept=False)
    return Authorization(status=AuthorizationStatus.ACCEPTED, limit=payment.limit, is_kept=False, concurrent_max=None)


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
    if row.valid_hours is not None and not hour_rules.is_within(row.valid_hours, at):
        return AuthorizationStatus.NOT_AT_THIS_TIME
    if row.balance_minor is not None and row.balance_minor <= 0:
        return AuthorizationStatus.NO_CREDIT  # 2.1 C17.FR.02
    if not _has_connector(row, place):
        return AuthorizationStatus.NOT_ALLOWED_TYPE_EVSE
    if place.is_start and is_master(row, place):
        return AuthorizationStatus.INVALID  # 2.0.1 C16: a master pass starts no transaction
    return status


def is_kept(row: Any) -> bool:
    """Whether a verdict on a token holds for later, too."""
    return (
        row.balance_minor is None
        and row.valid_hours is None
        and row.quota is None
        and not autocharge_rules.is_car(row)  # whether it may is the operator's and the driver's to say, each time
    )


def refused(is_stopping: bool) -> SpendingLimit | None:
    """How far a session goes that began all the same, mostly at a station that was offline (2.0.1 C15, StopTxOnInvalidId)."""
    return SpendingLimit(duration_s=0) if is_stopping else None


def with_session_limit(verdict: Authorization, limit: Mapping[str, Any]) -> Authorization:
    """A verdict whose session goes no further than this, in Wh."""
    known = verdict.limit or SpendingLimit()
    energy_wh = limit["energy_wh"] if known.energy_wh is None else min(known.energy_wh, limit["energy_wh"])
    return replace(verdict, limit=replace(known, energy_wh=energy_wh))


def limit_of(row: Any) -> SpendingLimit | None:
    """How far a session of a token may go: by its terms, and by its credit (2.1 C17.FR.03)."""
    limit = SpendingLimit() if row.session_limit is None else msgspec.convert(row.session_limit, SpendingLimit)
    if row.balance_minor is not None:
        credit = Money(row.balance_minor, row.balance_currency)
        is_less = limit.cost is None or limit.cost.currency != credit.currency or credit.minor < limit.cost.minor
        limit = replace(limit, cost=credit if is_less else limit.cost)
    return None if limit == SpendingLimit() else limit


def _fitting(row: Any, place: Place) -> dict[int, bool]:
    """The EVSEs of whose connectors we know the types, and whether the token may charge at one of them."""
    if row.connector_types is None or place.connectors is None:
        return {}
    wanted = {each.casefold() for each in row.connector_types}
    return {evse: any(each.casefold() in wanted for each in types) for evse, types in place.connectors.items()}


def _has_connector(row: Any, place: Place) -> bool:
    """Whether the token may charge at the EVSE, or where none was named, at any."""
    fitting = _fitting(row, place)
    if place.evse_number is not None:
        return fitting.get(place.evse_number, True)
    return not fitting or any(fitting.values())


def _evse_numbers(row: Any, place: Place) -> tuple[int, ...]:
    """The EVSEs at which the token may charge, if it may not at all of them."""
    fitting = _fitting(row, place)
    return tuple(sorted(evse for evse, fits in fitting.items() if fits)) if not all(fitting.values()) else ()


def is_over(row: Any, at: datetime) -> bool:
    """Whether a token may charge nowhere any more."""
    return row.status != "accepted" or (row.expires_at is not None and row.expires_at <= at)
