"""What rules are fed with: something that was seen, at an instant, about somebody. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec


class Signal(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that was seen. `facts` hold what rules count by and compare: numbers, texts, truths; never a secret."""

    at: datetime
    operator_id: str
    kind: str
    station_id: str | None = None
    station_identity: str | None = None
    location_id: str | None = None
    count: int = 1
    facts: Mapping[str, Any] = msgspec.field(default_factory=dict)

    def fact(self, name: str) -> Any:
        """A fact, or one of the names that every signal has; None where it says nothing of it."""
        return getattr(self, name) if name in _NAMES else self.facts.get(name)


_NAMES = frozenset({"operator_id", "station_id", "station_identity", "location_id"})
