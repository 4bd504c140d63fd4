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


class AuthorizeTokens(Ask[list[Authorization]], frozen=True, kw_only=True):
    """A verdict for each query, in their order. A token nobody knows is `Invalid`."""

    queries: tuple[TokenQuery, ...]
