"""Batch handlers: what stations tell of monitors, events, display messages, and vendors' own messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from voltway.contracts.device_model import ReportDataTransfer, ReportDisplayMessages, ReportEvents, ReportMonitors
from voltway.contracts.station_link import Report
from voltway.contracts.stations import StationEventsRecorded
from voltway.kernel.database import Tx
from voltway.modules.stations.handlers.reports import ReportHandler, note_orphan
from voltway.modules.stations.store import device_model as store


async def _known(tx: Tx, reports: Sequence[Any]) -> list[Any]:
    """The reports of stations that there is a record of."""
    known = await store.known_of(tx, (report.station_id for report in reports))
    for report in reports:
        if report.station_id not in known:
            note_orphan(report)
    return [report for report in reports if report.station_id in known]


class MonitorsHandler(ReportHandler):
    """Records monitors."""

    async def record(self, tx: Tx, reports: Sequence[ReportMonitors], prepared: None) -> list[None]:
        await store.save_monitors(tx, await _known(tx, reports))
        return [None] * len(reports)


class EventsHandler(ReportHandler):
    """Records events of monitors, and says that there are new ones."""

    async def record(self, tx: Tx, reports: Sequence[ReportEvents], prepared: None) -> list[None]:
        known = await _known(tx, reports)
        await store.add_events(tx, known)
        tx.publish(*map(_recorded, known))
        return [None] * len(reports)


def _recorded(report: Report) -> StationEventsRecorded:
    return StationEventsRecorded(
        operator_id=report.operator_id,
        at=report.received_at,
        station_id=report.station_id,
        station_identity=report.station_identity,
    )


class DisplayMessagesHandler(ReportHandler):
    """Records messages on displays."""

    async def record(self, tx: Tx, reports: Sequence[ReportDisplayMessages], prepared: None) -> list[None]:
        await store.save_messages(tx, await _known(tx, reports))
        return [None] * len(reports)


class DataTransferHandler(ReportHandler):
    """Records vendors' own messages."""

    async def record(self, tx: Tx, reports: Sequence[ReportDataTransfer], prepared: None) -> list[None]:
        await store.add_transfers(tx, await _known(tx, reports), self._settings.data_transfers_kept_max)
        return [None] * len(reports)
