"""Messages that the CSMS wants shown (OCPP 2.x O01 to O06): which are kept, and which one is seen. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

MESSAGES_MAX = 20
PRIORITIES = ("AlwaysFront", "InFront", "NormalCycle")
FORMATS = ("ASCII", "UTF8")


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message, in OCPP's words. Without a state it is shown in every one."""

    number: int
    priority: str
    content: str
    format: str = "UTF8"
    language: str | None = None
    state: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    transaction_id: str | None = None

    def is_seen(self, at: datetime, state: str, transaction_ids: Iterable[str]) -> bool:
        """Whether it is due at an instant in a state, with these transactions running."""
        is_due = (self.starts_at is None or self.starts_at <= at) and (self.ends_at is None or at < self.ends_at)
        is_meant = self.transaction_id is None or self.transaction_id in transaction_ids
        return is_due and is_meant and self.state in (None, state)


class Display(msgspec.Struct):
    """The messages by their number."""

    messages: dict[int, Message] = {}

    def set(self, message: Message, transaction_ids: Iterable[str]) -> str:
        """Keep a message; one of the same number is replaced. The word of the answer."""
        if message.format not in FORMATS:
            return "NotSupportedMessageFormat"
        if message.priority not in PRIORITIES:
            return "NotSupportedPriority"
        if message.transaction_id is not None and message.transaction_id not in transaction_ids:
            return "UnknownTransaction"
        if message.number not in self.messages and len(self.messages) >= MESSAGES_MAX:
            return "Rejected"
        if message.priority == "AlwaysFront":  # there is one, and the newest takes its place (O01.FR.07, O02)
            others = (one for one in self.messages.values() if one.priority != "AlwaysFront")
            self.messages = {one.number: one for one in others}
        self.messages[message.number] = message
        return "Accepted"

    def clear(self, number: int) -> bool:
        """Forget a message; whether there was one."""
        return self.messages.pop(number, None) is not None

    def find(self, numbers: Iterable[int] | None, priority: str | None, state: str | None) -> list[Message]:
        """The messages that fit all that is asked."""
        wanted = None if numbers is None else set(numbers)
        return [
            one
            for one in self.messages.values()
            if (wanted is None or one.number in wanted)
            and priority in (None, one.priority)
            and state in (None, one.state)
        ]

    def seen(self, at: datetime, state: str, transaction_ids: Iterable[str]) -> list[str]:
        """What is shown: the foremost kind of those that are due."""
        running = set(transaction_ids)
        due = [one for one in self.messages.values() if one.is_seen(at, state, running)]
        for priority in PRIORITIES:
            if found := [one.content for one in due if one.priority == priority]:
                return found
        return []
