"""What the records of the queue amount to: reports that wait, transactions that are not over for us. Pure.

A record is a list: its kind, and what belongs to it. `put` a report, `done` with it (confirmed, or dropped), `tx`: how a transaction
stands, `shift` everything that was noted by a clock that was not set yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import msgspec

from voltway.station.ocpp.vocabulary import (
    EvseState,
    MeterSample,
    Phase,
    Transaction,
    TransactionReport,
    Trigger,
)


class KeptReport(msgspec.Struct, frozen=True):
    """A report as it is written: its transaction by its key."""

    key: str
    phase: Phase
    at: datetime
    sequence: int
    trigger: Trigger
    state: EvseState
    samples: tuple[MeterSample, ...]
    is_offline: bool
    is_clock_unsure: bool


class Put(msgspec.Struct, frozen=True, array_like=True, tag="put"):
    """A report waits."""

    number: int
    report: KeptReport


class Done(msgspec.Struct, frozen=True, array_like=True, tag="done"):
    """Reports wait no more."""

    numbers: tuple[int, ...]


class Stands(msgspec.Struct, frozen=True, array_like=True, tag="tx"):
    """How a transaction stands."""

    transaction: Transaction


class Shift(msgspec.Struct, frozen=True, array_like=True, tag="shift"):
    """The clock was set by so much: what was noted before is meant so much later."""

    seconds: float


Record = Put | Done | Stands | Shift
encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(list[Record]).decode


def kept(report: TransactionReport) -> KeptReport:
    """A report as it is written."""
    return KeptReport(
        report.transaction.key,
        report.phase,
        report.at,
        report.sequence,
        report.trigger,
        report.state,
        report.samples,
        report.is_offline,
        report.is_clock_unsure,
    )


def shifted(report: TransactionReport, seconds: float) -> TransactionReport:
    """A report by a clock that was not set, as it is meant."""
    if not report.is_clock_unsure:
        return report
    step = timedelta(seconds=seconds)
    samples = tuple(replace(sample, at=sample.at + step) for sample in report.samples)
    return replace(report, at=report.at + step, samples=samples, is_clock_unsure=False)


@dataclass
class QueueState:
    """Reports by their number, oldest first, and transactions by their key."""

    reports: dict[int, TransactionReport] = field(default_factory=dict)
    transactions: dict[str, Transaction] = field(default_factory=dict)
    last: int = 0

    def apply(self, record: Record) -> None:
        """Take one record. Of a report whose transaction is not known nothing can be told: it is left out."""
        match record:
            case Put(number, report):
                self.last = max(self.last, number)
                transaction = self.transactions.get(report.key)
                if transaction is not None:
                    values = {name: getattr(report, name) for name in KeptReport.__struct_fields__ if name != "key"}
                    self.reports[number] = TransactionReport(transaction=transaction, **values)
            case Done(numbers):
                for number in numbers:
                    self.reports.pop(number, None)
                self._forget()
            case Stands(transaction):
                known = self.transactions.setdefault(transaction.key, transaction)
                for name in Transaction.__dataclass_fields__:
                    setattr(known, name, getattr(transaction, name))
            case Shift(seconds):
                self.shift(seconds)

    def shift(self, seconds: float) -> None:
        """Correct what was noted by a clock that was not set."""
        self.reports = {number: shifted(report, seconds) for number, report in self.reports.items()}
        for transaction in self.transactions.values():
            if transaction.is_clock_unsure:
                transaction.started_at += timedelta(seconds=seconds)
                transaction.is_clock_unsure = False

    def _forget(self) -> None:
        """A transaction that has ended is over for us once its last report is confirmed."""
        waited_for = {report.transaction.key for report in self.reports.values()}
        for key, transaction in list(self.transactions.items()):
            if transaction.ended_at is not None and key not in waited_for:
                del self.transactions[key]

    def records(self) -> Iterator[Record]:
        """The fewest records that amount to this."""
        for transaction in self.transactions.values():
            yield Stands(transaction)
        for number, report in self.reports.items():
            yield Put(number, kept(report))

    @property
    def running(self) -> list[Transaction]:
        """The transactions that have not ended."""
        return [one for one in self.transactions.values() if one.ended_at is None]

    def thinnable(self) -> tuple[int, ...]:
        """Which reports go first when room is short: of each transaction the first, third, fifth … update; no start, no end,
        and not what may be on its way (OCPP 2.0.1 E04)."""
        found: list[int] = []
        parity: dict[str, bool] = {}
        for number in list(self.reports)[1:]:
            report = self.reports[number]
            if report.phase is Phase.UPDATED:
                key = report.transaction.key
                parity[key] = not parity.get(key, False)
                if parity[key]:
                    found.append(number)
        return tuple(found)
