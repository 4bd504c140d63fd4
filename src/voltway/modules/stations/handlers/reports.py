"""Batch handlers: what stations say of their links, themselves, their connectors and their settings.

One query loads everything a batch is about, pure rules decide report by report, bulk statements store what has changed.
A report of a station that there is no record of is logged and let go: there is nothing to hang it on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog

from voltway.contracts.station_link import (
    BootReceipt,
    LinkClosed,
    LinkOpened,
    Report,
    ReportBoot,
    ReportLink,
    ReportStatus,
    ReportVariables,
)
from voltway.contracts.stations import ConnectorStatusChanged, StationChanged
from voltway.contracts.vocabulary import Registration
from voltway.kernel.bus.event import Event
from voltway.kernel.database import Tx
from voltway.kernel.noticing import Noticed
from voltway.kernel.runtime import Runtime
from voltway.modules.stations import rules
from voltway.modules.stations.rules import Place
from voltway.modules.stations.settings import StationsSettings
from voltway.modules.stations.store import reports as store

log = structlog.get_logger()


class ReportHandler:
    """Base of the handlers: nobody has to be asked, and what cannot be recorded is put aside."""

    def __init__(self, runtime: Runtime) -> None:
        self._settings = runtime.settings(StationsSettings)

    async def prepare(self, reports: Sequence[Any]) -> None:
        """Nothing to ask."""

    async def quarantine(self, tx: Tx, report: Any, error: Exception) -> Any:
        """Put the report aside; the receipt says nothing of it."""
        await store.put_aside(tx, report, error)
        return self._receipt_of_quarantined()

    def _receipt_of_quarantined(self) -> Any:
        return None


class LinkHandler(ReportHandler):
    """Records who is online. Epochs order the links of a station: what an older one says no longer counts."""

    async def record(self, tx: Tx, reports: Sequence[ReportLink], prepared: None) -> list[int | None]:
        """The receipt of a link that has come too late: the epoch of the one that counts."""
        receipts: list[int | None] = [None] * len(reports)
        links = await store.links_of(tx, (report.station_id for report in reports))
        last: dict[str, ReportLink] = {}
        for index, report in enumerate(reports):
            link = links.get(report.station_id)
            if link is None:
                note_orphan(report)
                continue
            ends_this_one = report.epoch == link.link_epoch and link.is_online and not report.is_open
            if report.epoch <= link.link_epoch and not ends_this_one:
                receipts[index] = link.link_epoch
                continue
            tx.publish(*_link_events(report, was_online=link.is_online))
            link.link_epoch, link.is_online = report.epoch, report.is_open
            last[report.station_id] = report
        await store.save_links(tx, last.values())
        return receipts


def _link_events(report: ReportLink, *, was_online: bool) -> list[Event]:
    names: dict[str, Any] = {
        "operator_id": report.operator_id,
        "at": report.received_at,
        "station_id": report.station_id,
        "station_identity": report.station_identity,
    }
    events: list[Event] = []
    if report.is_open:
        events.append(LinkOpened(**names, protocol=report.protocol, epoch=report.epoch))
    elif was_online:
        events.append(LinkClosed(**names, epoch=report.epoch, reason=report.close_reason))
    if report.is_open is not was_online:
        events.append(StationChanged(**names, what="online" if report.is_open else "offline"))
    return events


class BootHandler(ReportHandler):
    """Records who stations say they are, and answers with their registration and an interval."""

    async def record(self, tx: Tx, reports: Sequence[ReportBoot], prepared: None) -> list[BootReceipt]:
        rows = await store.boots_of(tx, (report.station_id for report in reports))
        known = {
            station_id: (Registration(row.registration), row.boot_level, row.booted_at)
            for station_id, row in rows.items()
        }
        receipts, last = [], dict[str, tuple[Any, ...]]()
        for report in reports:
            if report.station_id not in known:
                note_orphan(report)
                receipts.append(self._receipt_of_quarantined())
                continue
            registration, level, booted_at = known[report.station_id]
            is_accepted = registration is Registration.ACCEPTED
            pace = rules.boot_pace(
                level, booted_at, report.received_at, is_accepted=is_accepted, settings=self._settings
            )
            if pace.is_loop:
                log.warning("station.boot_looped", station_id=report.station_id, interval_s=pace.interval_s)
            known[report.station_id] = (registration, pace.level, report.received_at)
            last[report.station_id] = _boot_row(report, pace.level)
            receipts.append(BootReceipt(registration, pace.interval_s))
            tx.publish(_booted(report), *_make_notices(rows[report.station_id], report))
        await store.save_boots(tx, list(last.values()))
        return receipts

    def _receipt_of_quarantined(self) -> BootReceipt:
        """Who cannot be recorded is not let in, and is to try again."""
        return BootReceipt(Registration.PENDING, self._settings.boot_retry_interval_s)


def _make_notices(before: Any, report: ReportBoot) -> list[Noticed]:
    """What looks wrong about a boot: the station is another one than the last time, or does not say any more which one it is.
    Where two boots come in one batch, each is held against what is stored."""
    if before.booted_at is None:
        return []
    names = {
        "station_id": report.station_id,
        "station_identity": report.station_identity,
        "location_id": report.location_id,
    }
    notices = []
    for what in store.MAKE:
        was, now = getattr(before, what), getattr(report, what)
        is_firmware = what == "firmware_version"
        if was and was != now and (now or not is_firmware):
            kind = "firmware.changed" if is_firmware else "make.changed"
            facts = names | {"what": what, "before": was[:100], "after": now and now[:100]}
            notices.append(Noticed(operator_id=report.operator_id, at=report.received_at, kind=kind, facts=facts))
    return notices


def _boot_row(report: ReportBoot, level: float) -> tuple[Any, ...]:
    """The values of store.BOOT_COLUMNS, and the id."""
    return (
        report.vendor,
        report.model,
        report.serial_number,
        report.firmware_version,
        report.iccid,
        report.imsi,
        report.meter_type,
        report.meter_serial_number,
        report.reason,
        report.received_at,
        level,
        report.protocol,
        report.received_at,
        report.station_id,
    )


def _booted(report: ReportBoot) -> StationChanged:
    return StationChanged(
        operator_id=report.operator_id,
        at=report.received_at,
        station_id=report.station_id,
        station_identity=report.station_identity,
        what="booted",
    )


class StatusHandler(ReportHandler):
    """Records what connectors are, in the order of arrival. What changes nothing is not stored again."""

    async def record(self, tx: Tx, reports: Sequence[ReportStatus], prepared: None) -> list[None]:
        ids = (report.station_id for report in reports)
        statuses = await store.statuses_of(tx, ids, with_every_evse=False)
        before = {station_id: station.status for station_id, station in statuses.items()}
        shown: list[ReportStatus] = []
        changed: dict[tuple[str, Place], ReportStatus] = {}
        evses: dict[tuple[str, int], ReportStatus] = {}
        for report in reports:
            station = statuses.get(report.station_id)
            if station is None:
                note_orphan(report)
                continue
            news = rules.apply_status(station, report)
            if news.is_shown:
                shown.append(report)
                changed[report.station_id, (report.evse_number, report.connector_number)] = report
            if news.is_evse_changed:
                evses[report.station_id, report.evse_number] = report
        if shown or evses:
            doing = [
                (report, evse_number, statuses[station_id].charging_states[evse_number])
                for (station_id, evse_number), report in evses.items()
            ]
            overall = [
                (station_id, station.status)
                for station_id, station in statuses.items()
                if station.status != before[station_id]
            ]
            await store.save_statuses(tx, overall, doing, changed.values(), shown)
            tx.publish(*map(_status_changed, shown))
        return [None] * len(reports)


def _status_changed(report: ReportStatus) -> ConnectorStatusChanged:
    return ConnectorStatusChanged(
        operator_id=report.operator_id,
        at=report.received_at,
        station_id=report.station_id,
        station_identity=report.station_identity,
        evse_number=report.evse_number,
        connector_number=report.connector_number,
        status=report.status,
        wire_status=report.wire_status,
        error_code=report.error_code,
        occurred_at=report.occurred_at or report.received_at,
    )


class VariablesHandler(ReportHandler):
    """Records settings of stations, and the EVSEs and connectors that a device model tells of."""

    async def record(self, tx: Tx, reports: Sequence[ReportVariables], prepared: None) -> list[None]:
        ids = (report.station_id for report in reports)
        statuses = await store.statuses_of(tx, ids, with_every_evse=True)
        known: list[ReportVariables] = []
        evses: dict[tuple[str, int], ReportVariables] = {}
        connectors: dict[tuple[str, Place], tuple[ReportVariables, str | None]] = {}
        for report in reports:
            station = statuses.get(report.station_id)
            if station is None:
                note_orphan(report)
                continue
            known.append(report)
            for evse_number, connector_number, kind in report.evses_seen:
                if evse_number not in station.charging_states:
                    evses[report.station_id, evse_number] = report
                place = (evse_number, connector_number)
                _, kind_before = connectors.get((report.station_id, place), (report, None))
                if connector_number > 0 and (place not in station.connectors or kind is not None):
                    connectors[report.station_id, place] = (report, kind or kind_before)
        await store.add_evses(tx, [(report, evse_number) for (_, evse_number), report in evses.items()])
        await store.save_seen_connectors(
            tx, [(report, place, kind) for (_, place), (report, kind) in connectors.items()]
        )
        await store.save_variables(tx, [(report, value) for report in known for value in report.variables])
        tx.publish(*{report.station_id: _edited(report) for report in evses.values()}.values())
        return [None] * len(reports)


def _edited(report: ReportVariables) -> StationChanged:
    return StationChanged(
        operator_id=report.operator_id,
        at=report.received_at,
        station_id=report.station_id,
        station_identity=report.station_identity,
        what="edited",
    )


def note_orphan(report: Report) -> None:
    """Say that a report is of a station that there is no record of."""
    log.warning("report.orphaned", kind=type(report).__name__, station_id=report.station_id)
