"""What the support desk asks of others: who or what a few letters may mean."""

from __future__ import annotations

import msgspec

from voltway.kernel.bus.asks import Ask


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a search has found. `title` is how people call it; `hint` what tells it from others like it."""

    id: str
    title: str
    hint: str | None = None
    state: str | None = None
    """A word of its kind's states."""


class SearchFor(Ask[list[Found]], frozen=True, kw_only=True):
    """Things of an operator that a text may mean, the likeliest first, at most `limit`. Base of the requests below.

    `location_ids`: only what stands at these; None: everywhere. What stands nowhere is then left out.
    """

    operator_id: str
    text: str
    limit: int
    location_ids: tuple[str, ...] | None = None


class SearchStations(SearchFor, frozen=True, kw_only=True):
    """By identity, name, serial number, vendor or model."""


class SearchSessions(SearchFor, frozen=True, kw_only=True):
    """By the whole of an id, of a transaction id or of a token's value, or by how the station's identity begins. Tokens are
    not in the answer."""


class SearchTokens(SearchFor, frozen=True, kw_only=True):
    """By a part of the value or the name. `shows_values`: the caller may read values whole; others find a token by its whole
    value or the last characters only, and read it masked."""

    shows_values: bool = False


class SearchDrivers(SearchFor, frozen=True, kw_only=True):
    """Accounts of drivers, by e-mail address or name. Addresses are masked."""
