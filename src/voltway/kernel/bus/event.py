"""What an event is: a fact that has been saved, named in the past tense."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of all events. `at` is when it became a fact here (UTC); `key()` says which events must keep their order."""

    durable: ClassVar[bool] = True
    """False: progress that is handed on in memory after the commit and may be lost; the next one makes up for it."""

    operator_id: str
    at: datetime

    def key(self) -> str:
        """Events with the same key are seen in order; usually the id of a station or a session."""
        return self.operator_id
