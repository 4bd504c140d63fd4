"""Whoever keeps for a station what must outlive a reboot or a power cut."""

from __future__ import annotations

from typing import ClassVar, Protocol, TypeVar

from voltway.station.ocpp.vocabulary import Transaction, TransactionReport

T = TypeVar("T")


class Memory(Protocol):
    """Whoever keeps small things over a reboot, each under its name."""

    def save(self, name: str, value: object) -> None: ...

    def load(self, name: str, kind: type[T]) -> T | None:
        """None if there is nothing of that name that can be read."""


class Journal(Protocol):
    """Whoever keeps reports and transactions for a station over a power cut; see `voltway.station.queue`."""

    gives_up: bool
    """Whether a report is given up after the attempts that OCPP leaves it."""

    def add(self, report: TransactionReport) -> int | None: ...

    def done(self, number: int, transaction: Transaction) -> None: ...

    def shift(self, seconds: float) -> None: ...

    @property
    def pending(self) -> dict[int, TransactionReport]: ...

    @property
    def running(self) -> list[Transaction]: ...


class NoJournal:
    """For a station that nobody cuts off: its memory is enough."""

    gives_up = False
    pending: ClassVar[dict[int, TransactionReport]] = {}
    running: ClassVar[list[Transaction]] = []

    def add(self, report: TransactionReport) -> int:
        """Nothing is written."""
        return 0

    def done(self, number: int, transaction: Transaction) -> None:
        """Nothing was written."""

    def shift(self, seconds: float) -> None:
        """Nothing was written."""
