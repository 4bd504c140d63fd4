"""What the users module says: who may charge."""

from __future__ import annotations

import msgspec

from voltway.contracts.station_link import Authorization
from voltway.contracts.vocabulary import IdToken
from voltway.kernel.bus.asks import Ask


class TokenQuery(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A token shown at a station."""

    operator_id: str
    station_id: str
    id_token: IdToken
    location_id: str | None = None
    is_start: bool = False
    """A transaction has begun with it."""
    evse_number: int | None = None
    """None: the station did not say where."""
    is_with_contract: bool = False
    """A contract certificate came with it, or hashes of one."""


class AuthorizeTokens(Ask[list[Authorization]], frozen=True, kw_only=True, tag="tokens"):
    """A verdict for each query, in their order. A token nobody knows is `Invalid`."""

    queries: tuple[TokenQuery, ...]


class TokenHolder(msgspec.Struct, frozen=True, kw_only=True):
    """Whose a token is. `group`: the token's group, as it is known to stations."""

    id_token_id: str
    account_id: str | None
    group: str | None


class FindTokenHolders(Ask[list[TokenHolder]], frozen=True, kw_only=True):
    """Whose these tokens of an operator are; one that is not there any more is left out."""

    operator_id: str
    id_token_ids: tuple[str, ...]


class TokenDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says, whole: whoever shows it to somebody asks first what they may see of it."""

    id_token_id: str
    value: str
    kind: str | None


class DescribeTokens(Ask[list[TokenDescription]], frozen=True, kw_only=True):
    """What these tokens of an operator say; one that is not there any more is left out."""

    operator_id: str
    id_token_ids: tuple[str, ...]


class DriverToken(msgspec.Struct, frozen=True, kw_only=True):
    """A driver's token as a station is told of it."""

    id_token_id: str
    value: str
    kind: str | None
    group: str | None


class FindDriverToken(Ask[DriverToken | None], frozen=True, kw_only=True):
    """A token with which a driver may charge: this one if it is theirs and good; without an id the one that they have chosen, else
    that of the app, else their newest. None: there is none."""

    operator_id: str
    account_id: str
    id_token_id: str | None = None
