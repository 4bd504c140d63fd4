"""Batch handlers: what OCPP 2.1 stations tell beside charging. These messages are rare: one statement per report is fine,
but for the values of streams, which are written in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog

from voltway.contracts.grid import (
    ReportBatterySwap,
    ReportDerAlarm,
    ReportDerCleared,
    ReportDerControls,
    ReportDerSwitch,
    ReportStreamClosed,
    ReportStreams,
    ReportStreamValues,
    StreamsReceipt,
)
from voltway.contracts.station_link import Authorization, ReportNotRecorded
from voltway.contracts.users import AuthorizeTokens, TokenQuery
from voltway.contracts.vocabulary import AuthorizationStatus
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.grid import rules, store
from voltway.modules.grid.settings import GridSettings

log = structlog.get_logger()


class GridHandler:
    """Base of the handlers: nobody has to be asked, and a report that cannot be recorded is logged whole."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._settings = runtime.settings(GridSettings)

    async def prepare(self, reports: Sequence[Any]) -> Any:
        """Nothing to ask."""

    async def quarantine(self, tx: Tx, report: Any, error: Exception) -> Any:
        """The message log has the frame; this says which one is missing here, and why."""
        log.error(
            "grid.not_recorded", kind=type(report).__name__, station_id=report.station_id, message_id=report.message_id
        )
        tx.publish(ReportNotRecorded.of(report, error))


class DerControlsHandler(GridHandler):
    """Records the controls that stations have."""

    async def record(self, tx: Tx, reports: Sequence[ReportDerControls], prepared: None) -> list[None]:
        for report in reports:
            await store.keep_controls(tx, report)
        return [None] * len(reports)


class DerClearedHandler(GridHandler):
    """Records that controls are gone."""

    async def record(self, tx: Tx, reports: Sequence[ReportDerCleared], prepared: None) -> list[None]:
        for report in reports:
            await store.remove_controls(tx, report)
        return [None] * len(reports)


class DerSwitchHandler(GridHandler):
    """Records when controls act."""

    async def record(self, tx: Tx, reports: Sequence[ReportDerSwitch], prepared: None) -> list[None]:
        for report in reports:
            await store.switch_control(tx, report)
        return [None] * len(reports)


class DerAlarmHandler(GridHandler):
    """Records alarms from their beginning to their end. An end without a beginning is kept as well."""

    async def record(self, tx: Tx, reports: Sequence[ReportDerAlarm], prepared: None) -> list[None]:
        for report in reports:
            await self._record_one(tx, report)
        return [None] * len(reports)

    async def _record_one(self, tx: Tx, report: ReportDerAlarm) -> None:
        if not report.is_ended:
            await store.add_alarm(tx, report)
            return
        over = [alarm.id for alarm in await store.open_alarms(tx, [report.station_id]) if rules.ends(alarm, report)]
        if over:
            await store.end_alarms(tx, over, report.occurred_at)
        elif not await store.has_ended_alarm(tx, report):
            await store.add_alarm(tx, report)


class BatterySwapHandler(GridHandler):
    """Records battery swaps, each with the verdict on the token that was shown: the protocol lets us refuse nothing, so
    that what should not have been is for a person to see."""

    async def prepare(self, reports: Sequence[ReportBatterySwap]) -> list[AuthorizationStatus]:
        """Who may swap."""
        queries = tuple(
            TokenQuery(operator_id=report.operator_id, station_id=report.station_id, id_token=report.id_token)
            for report in reports
        )
        nobody_knows = [Authorization(status=AuthorizationStatus.UNKNOWN)] * len(queries)
        return [one.status for one in await self._runtime.ask_or(AuthorizeTokens(queries=queries), nobody_knows)]

    async def record(
        self, tx: Tx, reports: Sequence[ReportBatterySwap], prepared: list[AuthorizationStatus]
    ) -> list[None]:
        await store.add_swaps(tx, list(zip(reports, prepared, strict=True)))
        return [None] * len(reports)


class StreamsHandler(GridHandler):
    """Records which streams are open, and says which may be: a station has room for so many."""

    async def record(self, tx: Tx, reports: Sequence[ReportStreams], prepared: None) -> list[StreamsReceipt]:
        receipts = []
        for report in reports:
            known = (await store.streams_of(tx, [report.station_id]))[report.station_id]
            told = {stream.stream_number for stream in report.streams}
            gone = [number for number in known if number not in told] if report.is_all else []
            await store.close_streams(tx, report.station_id, gone, report.received_at)
            still_open = set(known) - set(gone)
            admitted = rules.admitted(report.streams, still_open, self._settings.streams_max)
            await store.open_streams(tx, report, admitted, known)
            receipts.append(StreamsReceipt(tuple(stream.stream_number for stream in admitted)))
        return receipts

    async def quarantine(self, tx: Tx, report: Any, error: Exception) -> StreamsReceipt:
        await super().quarantine(tx, report, error)
        return StreamsReceipt()


class StreamValuesHandler(GridHandler):
    """Records the values of streams in bulk. Those of a stream that is not open have no meaning here and are let go."""

    async def record(self, tx: Tx, reports: Sequence[ReportStreamValues], prepared: None) -> list[None]:
        open_streams = await store.streams_of(tx, {report.station_id for report in reports})
        values, last = [], {}
        for report in reports:
            stream = open_streams[report.station_id].get(report.stream_number)
            if stream is None:
                log.warning("stream.not_open", station_id=report.station_id, stream_number=report.stream_number)
                continue
            values += [(stream.id, at, value) for at, value in report.values]
            last[stream.id] = (report.pending, max(at for at, _ in report.values))
        await store.add_values(tx, values)
        for stream_id, (pending, at) in last.items():
            await store.note_stream(tx, stream_id, pending, at)
        return [None] * len(reports)


class StreamClosedHandler(GridHandler):
    """Records that streams are closed."""

    async def record(self, tx: Tx, reports: Sequence[ReportStreamClosed], prepared: None) -> list[None]:
        for report in reports:
            await store.close_streams(tx, report.station_id, [report.stream_number], report.received_at)
        return [None] * len(reports)


async def forget_values(runtime: Runtime) -> None:
    """Job: delete the values of streams that are older than they are to be kept, in chunks."""
    while True:
        async with runtime.database.begin() as tx:
            count = await store.forget_values(tx, runtime.settings(GridSettings).stream_days)
        if count < store.PURGE_ROWS:
            return
