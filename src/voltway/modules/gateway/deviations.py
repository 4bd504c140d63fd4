"""What each station does other than its protocol says: counted in memory, written now and then, shown in the API.

A deviation is named after its correction (dialects/quirks.py), or after what else was done with the message: `read_leniently`
or `refused`. Counts say what to tell a manufacturer; the messages themselves are in the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog

from voltway.contracts.station_link import ReportNotRecorded
from voltway.kernel import bulk, clock
from voltway.kernel.database import Database, Tx
from voltway.modules.gateway.tables import deviations

log = structlog.get_logger()

READ_LENIENTLY, REFUSED, NOT_RECORDED = "read_leniently", "refused", "not_recorded"
SAYS = {
    READ_LENIENTLY: "A transaction message broke its schema and was read as far as it could be understood.",
    REFUSED: "A message broke its protocol and was refused.",
    NOT_RECORDED: "A message was answered and could not be recorded: the message log has it, the detail says why.",
}
WAITING_MAX = 10_000
"""So many of (station, name) are counted between two writes; what is beyond them is only in the message log."""
DETAIL_LENGTH_MAX = 300


class Deviation(msgspec.Struct):
    """How often a station has done something, and when."""

    operator_id: str
    count: int
    first_at: datetime
    last_at: datetime
    last_detail: str


class Deviations:
    """What has been noticed and is not written yet."""

    def __init__(self) -> None:
        self._unwritten: dict[tuple[str, str], Deviation] = {}

    def note(self, operator_id: str, station_id: str, name: str, detail: str = "") -> None:
        """Count a deviation of a station."""
        now, detail = clock.now_ms(), detail.replace("\0", "\ufffd")[:DETAIL_LENGTH_MAX]
        found = self._unwritten.get((station_id, name))
        if found is not None:
            found.count, found.last_at, found.last_detail = found.count + 1, now, detail
        elif len(self._unwritten) < WAITING_MAX:
            self._unwritten[station_id, name] = Deviation(operator_id, 1, now, now, detail)
        if found is None:
            log.info("station.deviated", station_id=station_id, deviation=name, detail=detail)

    async def write(self, database: Database) -> None:
        """Add what has been counted to what is stored; what cannot be stored now is counted on."""
        counted, self._unwritten = self._unwritten, {}
        if not counted:
            return
        try:
            async with database.begin() as tx:
                await _add(tx, counted)
        except Exception as error:
            log.warning("deviations.not_written", error=repr(error)[:300])
            for key, deviation in self._unwritten.items():
                _merge(counted, key, deviation)
            self._unwritten = counted


def _merge(into: dict[tuple[str, str], Deviation], key: tuple[str, str], later: Deviation) -> None:
    found = into.get(key)
    if found is None:
        into[key] = later
        return
    found.count += later.count
    found.last_at, found.last_detail = later.last_at, later.last_detail


async def _add(tx: Tx, counted: dict[tuple[str, str], Deviation]) -> None:
    station_ids = sorted({station_id for station_id, _ in counted})
    stored: dict[tuple[str, str], Any] = {}
    for start in range(0, len(station_ids), 500):
        chunk = sa.select(deviations).where(deviations.c.station_id.in_(station_ids[start : start + 500]))
        stored |= {(row.station_id, row.name): row for row in (await tx.execute(bulk.locked(chunk, tx))).all()}
    rows = [
        {
            "station_id": station_id,
            "name": name,
            "operator_id": deviation.operator_id,
            "count": deviation.count + (stored[station_id, name].count if (station_id, name) in stored else 0),
            "first_at": deviation.first_at,
            "last_at": deviation.last_at,
            "last_detail": deviation.last_detail,
        }
        for (station_id, name), deviation in counted.items()
    ]
    changes = ("count", "last_at", "last_detail")
    await bulk.upsert(tx, deviations, rows, key=("station_id", "name"), update=changes)


async def of_station(tx: Tx, operator_id: str, station_id: str) -> list[Any]:
    """What a station has done, the latest first."""
    statement = (
        sa.select(deviations)
        .where(deviations.c.operator_id == operator_id, deviations.c.station_id == station_id)
        .order_by(deviations.c.last_at.desc(), deviations.c.name)
    )
    return list((await tx.execute(statement)).all())


async def note_not_recorded(tx: Tx, events: Sequence[ReportNotRecorded]) -> None:
    """Count reports that could not be recorded. At once, and in the transaction that hears of them: the latest of a batch."""
    counted: dict[tuple[str, str], Deviation] = {}
    for event in events:
        detail = f"{event.kind} {event.message_id}: {event.error}".replace("\0", "\ufffd")[:DETAIL_LENGTH_MAX]
        one = Deviation(event.operator_id, 1, event.at, event.at, detail)
        _merge(counted, (event.station_id, NOT_RECORDED), one)
    await _add(tx, counted)
