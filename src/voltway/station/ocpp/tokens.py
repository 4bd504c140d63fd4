"""Who may charge: what the station knows of tokens, and what that is worth while the CSMS can be asked and while it cannot. Pure.

The local list comes before the cache (OCPP 1.6 §3.5.3, 2.0.1 C13.FR.01), and what is in the list is not cached. Of an unknown token
nothing is remembered: it may charge offline where the operator says so, and the CSMS hears of it later.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import Enum, auto

import msgspec

CACHE_MAX = 1_000


class Known(msgspec.Struct, frozen=True):
    """What somebody has said of a token. `status` is the CSMS's word."""

    status: str
    expires_at: datetime | None = None
    group: str | None = None

    @property
    def is_accepted(self) -> bool:
        """By its word alone."""
        return self.status == "Accepted"

    def is_valid(self, at: datetime) -> bool:
        """Whether it may charge at an instant."""
        return self.is_accepted and (self.expires_at is None or at < self.expires_at)


class ListUpdate(Enum):
    """How a new local list was taken."""

    ACCEPTED = auto()
    FAILED = auto()
    VERSION_MISMATCH = auto()


class LocalAnswer(Enum):
    """What the station can say by itself."""

    ACCEPTED = auto()
    REFUSED = auto()
    UNKNOWN = auto()


class Tokens(msgspec.Struct):
    """The local list with its version (0: there is none), and the cache, oldest first. Keys are folded."""

    version: int = 0
    listed: dict[str, Known] = {}
    cached: dict[str, Known] = {}

    def find(self, value: str, *, uses_list: bool = True, uses_cache: bool = True) -> Known | None:
        """What is known of a token: by the list, else by the cache."""
        key = value.casefold()
        found = self.listed.get(key) if uses_list else None
        return found or (self.cached.get(key) if uses_cache else None)

    def answer(self, value: str, at: datetime, *, uses_list: bool, uses_cache: bool) -> LocalAnswer:
        """Whether a token may charge, without asking."""
        found = self.find(value, uses_list=uses_list, uses_cache=uses_cache)
        if found is None:
            return LocalAnswer.UNKNOWN
        return LocalAnswer.ACCEPTED if found.is_valid(at) else LocalAnswer.REFUSED

    def remember(self, value: str, said: Known) -> None:
        """Cache what the CSMS has said, unless the list has it."""
        key = value.casefold()
        self.cached.pop(key, None)
        if key not in self.listed:
            self.cached[key] = said
            while len(self.cached) > CACHE_MAX:
                del self.cached[next(iter(self.cached))]

    def conflicts(self, value: str, said: Known) -> bool:
        """Whether the CSMS contradicts the list."""
        listed = self.listed.get(value.casefold())
        return listed is not None and listed.is_accepted is not said.is_accepted

    def replace(self, version: int, entries: Iterable[tuple[str, Known | None]], entries_max: int) -> ListUpdate:
        """A full list. One without entries clears it, and there is no list any more."""
        listed = {value.casefold(): said for value, said in entries if said is not None}
        if version <= 0 or len(listed) > entries_max:
            return ListUpdate.FAILED
        self.version, self.listed = (version if listed else 0), listed
        self._uncache()
        return ListUpdate.ACCEPTED

    def amend(self, version: int, entries: Iterable[tuple[str, Known | None]], entries_max: int) -> ListUpdate:
        """Changes to the list; None takes a token out of it."""
        if version <= self.version:
            return ListUpdate.VERSION_MISMATCH
        listed = dict(self.listed)
        for value, said in entries:
            if said is None:
                listed.pop(value.casefold(), None)
            else:
                listed[value.casefold()] = said
        if len(listed) > entries_max:
            return ListUpdate.FAILED
        self.version, self.listed = version, listed
        self._uncache()
        return ListUpdate.ACCEPTED

    def _uncache(self) -> None:
        for key in self.listed:
            self.cached.pop(key, None)
