"""What the processes of these tests say to each other."""

from __future__ import annotations

from typing import Any

import msgspec

from voltway.kernel.bus.asks import Ask
from voltway.kernel.bus.event import Event
from voltway.kernel.errors import Problem


class Pair(msgspec.Struct, frozen=True):
    """A reply of some shape."""

    text: str
    numbers: tuple[int, ...]


class CountLetters(Ask[int], frozen=True, kw_only=True):
    """How long a text is."""

    text: str


class MakePairs(Ask[list[Pair | None]], frozen=True, kw_only=True):
    """A text for each number, and nothing for 0."""

    numbers: tuple[int, ...]


class Sleep(Ask[None], frozen=True, kw_only=True):
    """Take some time."""

    seconds: float


class Refuse(Ask[int], frozen=True, kw_only=True):
    """Raise a problem, or a bug."""

    is_bug: bool = False


class TooLong(Problem):
    """Nobody reads that."""

    status = 409
    title = "The text is too long"

    def __init__(self, length: int) -> None:
        super().__init__(f"{length} letters are too many.", length=length)


class ReportNumber(msgspec.Struct, frozen=True):
    """A report that a module in one process records."""

    number: int


class Written(Event, frozen=True, kw_only=True, gc=False):
    """Something was written on a page."""

    page: str
    number: int

    def key(self) -> str:
        return self.page


class Whispered(Event, frozen=True, kw_only=True, gc=False):
    """Said in passing."""

    durable = False
    text: str


def text_of(problem: Problem) -> Any:
    """What of a problem comes through."""
    return type(problem).__name__, problem.status, problem.title, problem.detail, problem.context
