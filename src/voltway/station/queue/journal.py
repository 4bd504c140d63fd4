"""The queue on its disk: a report is there before it is sent, and crossed out after it was confirmed.

All that belongs together is one frame: the report and how its transaction stands, the confirmation and the id that came with it. A
power cut leaves all of a frame or nothing. When the disk is full, updates are thinned; starts and ends have room of their own.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from voltway.station.ocpp.vocabulary import Phase, Transaction, TransactionReport
from voltway.station.queue.frames import framed, frames
from voltway.station.queue.state import Done, Put, QueueState, Record, Shift, Stands, decode, encode, kept
from voltway.station.queue.storage import Storage

log = structlog.get_logger()

ROOM_STEP = 64 * 1024
RESERVE = 32 * 1024
"""Kept free of updates: some 50 starts and ends."""
WASTE_MAX = 256 * 1024
"""So much may be crossed out before the rest is written anew."""
REPORTS_MAX = 2_000
"""More than a day of one charge, sampled every minute; from here on updates are thinned."""


class FileJournal:
    """The reports and transactions of a station, over a storage that keeps them. Raises OSError if it cannot be read."""

    def __init__(
        self,
        storage: Storage,
        *,
        reports_max: int = REPORTS_MAX,
        waste_max: int = WASTE_MAX,
        reserve: int = RESERVE,
        room_step: int = ROOM_STEP,
    ) -> None:
        self._storage = storage
        self._reports_max, self._waste_max, self._reserve, self._room_step = reports_max, waste_max, reserve, room_step
        self._state = QueueState()
        self._tail = self._frames = self._live = 0
        self.thinned = 0
        """How many updates were left out for want of room."""
        self.is_full = False
        self.gives_up = True
        self.on_thinned: Callable[[frozenset[int]], None] = lambda numbers: None
        octets = storage.read()
        for end, content in frames(octets):
            for record in decode(content):
                self._state.apply(record)
            self._tail, self._frames = end, self._frames + 1
        if octets[self._tail :].strip(b"\0"):
            storage.write(self._tail, bytes(len(octets) - self._tail))
        self._compact()

    # --- What the station tells.

    def add(self, report: TransactionReport) -> int | None:
        """Keep a report with how its transaction stands; its number. None: an update for which there is no room."""
        is_update = report.phase is Phase.UPDATED
        if len(self._state.reports) >= self._reports_max:
            self._thin()
        number = self._state.last + 1
        record = Put(number, kept(report))
        if not self._append([Stands(report.transaction), record], may_use_reserve=not is_update):
            if is_update:
                self.thinned += 1
                return None
            log.error("station_queue.full", transaction=report.transaction.key)  # in memory at least
        self._state.transactions.setdefault(report.transaction.key, report.transaction)
        self._state.last = number
        self._state.reports[number] = report
        return number

    def done(self, number: int, transaction: Transaction) -> None:
        """A report was confirmed (or is given up), and so its transaction stands."""
        records: list[Record] = [Done((number,))]
        if transaction.key in self._state.transactions:
            records.insert(0, Stands(transaction))
        self._append(records, may_use_reserve=True)
        self._state.apply(Done((number,)))
        if self._tail > self._waste_max + 2 * self._live:
            self._compact()

    def shift(self, seconds: float) -> None:
        """The clock has been set."""
        self._append([Shift(seconds)], may_use_reserve=True)
        self._state.shift(seconds)

    @property
    def pending(self) -> dict[int, TransactionReport]:
        """The reports that wait, by their number, oldest first."""
        return dict(self._state.reports)

    @property
    def running(self) -> list[Transaction]:
        """The transactions that have not ended: after a start those that a power cut interrupted."""
        return self._state.running

    # --- Inside.

    def _append(self, records: list[Record], *, may_use_reserve: bool) -> bool:
        frame = framed(self._frames, encode(records))
        if not self._has_room(self._tail + len(frame), may_use_reserve):
            return False
        try:
            self._storage.write(self._tail, frame)
        except OSError as error:
            log.error("station_queue.write_failed", reason=str(error))
            return False
        self._tail, self._frames = self._tail + len(frame), self._frames + 1
        return True

    def _has_room(self, end: int, may_use_reserve: bool) -> bool:
        if end + self._reserve <= self._storage.room:
            return True
        try:
            self._storage.make_room(end + self._reserve + self._room_step)
        except OSError:
            if not self.is_full:
                log.warning("station_queue.disk_full", reports=len(self._state.reports))
            self.is_full = True
        else:
            self.is_full = False
        spare = 0 if may_use_reserve else self._reserve
        return end + spare <= self._storage.room

    def _thin(self) -> None:
        numbers = self._state.thinnable()
        if numbers and self._append([Done(numbers)], may_use_reserve=True):
            self.thinned += len(numbers)
            self._state.apply(Done(numbers))
            self.on_thinned(frozenset(numbers))
            log.warning("station_queue.thinned", reports=len(numbers))

    def _compact(self) -> None:
        """Write anew what still counts; where the disk has no room for that, the old file stays as it is."""
        records = list(self._state.records())
        content = framed(0, encode(records)) if records else b""
        try:
            self._storage.replace(content, len(content) + self._reserve + self._room_step)
        except OSError as error:
            log.warning("station_queue.not_compacted", reason=str(error))
            self._live = len(content)
            return
        self._tail = self._live = len(content)
        self._frames = 1 if records else 0
