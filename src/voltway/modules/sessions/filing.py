"""Which message a report is, and whether it was said before.

A repeat is the same message with the same content; the same message with other content is a conflict. Pure.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec
from msgspec.structs import replace

from voltway.contracts.station_link import Phase, ReportTransaction, TransactionReceipt


class Filed(msgspec.Struct, frozen=True, gc=False):
    """A report, which message it is, and the id under which the inbox keeps it."""

    report: ReportTransaction
    key: str
    id: str


class SaidBefore(msgspec.Struct, frozen=True, gc=False):
    """An inbox row that was there already: what was answered then."""

    payload: bytes
    receipt: TransactionReceipt | None
    """None: it said no more than which session it is."""
    session_id: str | None

    def says_the_same(self, report: ReportTransaction) -> bool:
        """Whether the content is the same. That a message was queued while offline is none (E04.FR.03)."""
        return self.payload == report.payload or _content(self.payload) == _content(report.payload)


def file(report: ReportTransaction) -> Filed:
    """Which message a report is.

    2.x: transaction and sequence number. 1.6 has no number: a start is told by what it says and when, everything else by its
    content.
    """
    if report.sequence_number is not None:
        key = f"tx:{report.transaction_id}:{report.sequence_number}"
    elif report.phase is Phase.STARTED:
        token = report.id_token.value if report.id_token else ""
        key = f"start:{hash_of(f'{report.evse_number}|{token}|{report.meter_wh}|{_second(report)}'.encode())}"
    else:
        digest = hash_of(report.station_id.encode() + report.payload)
        key = f"{report.phase}:{digest}"
        return Filed(report, key, f"{_second(report):08x}{digest}")
    return Filed(report, key, inbox_id(report, key))


def inbox_id(report: ReportTransaction, key: str) -> str:
    """The second in which it occurred, then a hash of whose and which message it is."""
    return f"{_second(report):08x}{hash_of(f'{report.station_id}|{key}'.encode())}"


def _second(report: ReportTransaction) -> int:
    """When a message says it is of; 0 where that cannot be read and the time of arrival, which no repeat has, stands for it."""
    if report.occurred_at == report.received_at and "clock_unset" in report.flags:
        return 0
    return int(report.occurred_at.timestamp()) & 0xFFFFFFFF


def hash_of(content: bytes) -> str:
    return blake2b(content, digest_size=12).hexdigest()


def as_other_content(entry: Filed) -> Filed:
    """A message to be kept beside one with the same key that says something else."""
    return replace(entry, id=inbox_id(entry.report, f"{entry.key}|{hash_of(entry.report.payload)}"))


def as_new_charge(entry: Filed) -> Filed | None:
    """A 1.6 start as the start of a new charge, though it says what another one said: the EVSE became free in between, so a
    stuck clock must not make two charges one. None where nothing tells that it became free."""
    idle_at = entry.report.evse_idle_at
    if entry.report.phase is not Phase.STARTED or entry.report.sequence_number is not None or idle_at is None:
        return None
    return replace(entry, id=inbox_id(entry.report, f"{entry.key}|{int(idle_at.timestamp() * 1000)}"))


def _content(payload: bytes) -> Any:
    try:
        said = msgspec.json.decode(payload)
    except msgspec.DecodeError:
        return payload
    if isinstance(said, dict):
        said.pop("offline", None)
    return said
