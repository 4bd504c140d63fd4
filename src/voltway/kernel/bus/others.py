"""What asks, events and group commit want of the other processes; `Elsewhere` is all of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Others(Protocol):
    """The other processes of this installation."""

    node_id: str
    """Our own."""

    def answers(self, kind: type[Any]) -> bool:
        """Whether one of them takes this ask or report, or has of late."""
        ...

    async def ask(self, request: Any, timeout_s: float, node_id: str | None = None) -> Any:
        """The reply to a request."""
        ...

    def submit(self, report: Any, done: Callable[[Any], None], stalled_after_s: float) -> None:
        """Have a report recorded."""
        ...

    def hears(self, kind: type[Any]) -> bool:
        """Whether one of them hears these events, which are not kept."""
        ...

    def wake(self, head: int) -> None:
        """Tell them how far the outbox has come."""
        ...

    def pass_on(self, event: Any) -> None:
        """Tell them an event that is not kept."""
        ...
