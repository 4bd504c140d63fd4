"""What stations tell of their device model beside settings: monitors, events, display messages, vendors' messages."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from voltway.contracts.device_model import (
    ReportDataTransfer,
    ReportDisplayMessages,
    ReportEvents,
    ReportMonitors,
    StationEvent,
    VariableName,
)
from voltway.kernel import bulk
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.modules.stations.tables import (
    data_transfers,
    display_messages,
    monitors,
    station_events,
    stations,
    variables,
)

_NAMES = ("component", "component_instance", "evse_number", "connector_number", "variable", "instance")


async def known_of(tx: Tx, station_ids: Iterable[str]) -> set[str]:
    """Those of the stations that there is a record of."""
    statement = sa.select(stations.c.id).where(stations.c.id.in_(set(station_ids)))
    return set((await tx.execute(statement)).scalars())


def _named(name: VariableName) -> dict[str, Any]:
    return {field: getattr(name, field) for field in _NAMES}


async def save_monitors(tx: Tx, reports: Sequence[ReportMonitors]) -> None:
    """Store monitors as stations list them, and forget those that they have no longer; in the order of the reports."""
    rows: dict[tuple[str, int], dict[str, Any] | None] = {}
    for report in reports:
        for number in report.cleared:
            rows[report.station_id, number] = None
        for monitor in report.monitors:
            rows[report.station_id, monitor.number] = {
                "station_id": report.station_id,
                "number": monitor.number,
                "operator_id": report.operator_id,
                "id": new_id(),
                **_named(monitor.on),
                "kind": monitor.kind,
                "value": monitor.value,
                "severity": monitor.severity,
                "is_in_transaction_only": monitor.is_in_transaction_only,
                "origin": monitor.origin,
                "reported_at": report.received_at,
            }
    update = (*_NAMES, "kind", "value", "severity", "is_in_transaction_only", "origin", "reported_at")
    await _replace(tx, monitors, rows, update)
    for report in reports:
        if (asked := report.unlisted) is not None:
            of_kinds = [monitors.c.kind.in_(asked.kinds)] if asked.kinds else []
            await _forget(tx, monitors, report.station_id, asked.asked_at, of_kinds)


async def save_messages(tx: Tx, reports: Sequence[ReportDisplayMessages]) -> None:
    """Store display messages as stations list them, and forget those that they have no longer."""
    rows: dict[tuple[str, int], dict[str, Any] | None] = {}
    for report in reports:
        for number in report.cleared:
            rows[report.station_id, number] = None
        for message in report.messages:
            rows[report.station_id, message.number] = {
                "station_id": report.station_id,
                "operator_id": report.operator_id,
                "id": new_id(),
                "reported_at": report.received_at,
                **msgspec.structs.asdict(message),
            }
    update = ("priority", "content", "format", "language", "state", "display", "starts_at", "ends_at")
    await _replace(tx, display_messages, rows, (*update, "transaction_id", "reported_at"))
    for report in reports:
        if (asked := report.unlisted) is not None:
            meant: list[sa.ColumnElement[bool]] = []
            if asked.numbers:
                meant.append(display_messages.c.number.in_(asked.numbers))
            for column, value in (
                (display_messages.c.priority, asked.priority),
                (display_messages.c.state, asked.state),
            ):
                if value is not None:
                    meant.append(column == value)
            await _forget(tx, display_messages, report.station_id, asked.asked_at, meant)


async def _forget(
    tx: Tx, table: sa.Table, station_id: str, asked_at: datetime, meant: Sequence[sa.ColumnElement[bool]]
) -> None:
    """Delete what a station was asked for and has not told again since. What was set meanwhile is newer, and stays.

    Compared in whole ms, which is what every database keeps: in the ms of the question nothing is old.
    """
    asked_at = asked_at.replace(microsecond=asked_at.microsecond // 1000 * 1000)
    await tx.execute(sa.delete(table).where(table.c.station_id == station_id, table.c.reported_at < asked_at, *meant))


async def _replace(
    tx: Tx, table: sa.Table, rows: dict[tuple[str, int], dict[str, Any] | None], update: tuple[str, ...]
) -> None:
    gone: dict[str, list[int]] = {}
    for (station_id, number), row in rows.items():
        if row is None:
            gone.setdefault(station_id, []).append(number)
    for station_id, numbers in gone.items():
        await tx.execute(sa.delete(table).where(table.c.station_id == station_id, table.c.number.in_(numbers)))
    kept = [row for row in rows.values() if row is not None]
    await bulk.upsert(tx, table, kept, key=("station_id", "number"), update=update)


def _event_key(event: StationEvent) -> str:
    """The same for an event that is told again; the station's own numbers may start anew after a boot."""
    text = f"{event.number}\0{event.occurred_at.isoformat()}\0{event.on}\0{event.actual_value}\0{event.is_cleared}"
    return hashlib.blake2b(text.encode(), digest_size=20).hexdigest()


async def add_events(tx: Tx, reports: Iterable[ReportEvents]) -> None:
    """Store events of stations, each once."""
    rows = {
        (report.station_id, _event_key(event)): {
            "id": new_id(),
            "operator_id": report.operator_id,
            "station_id": report.station_id,
            "key": _event_key(event),
            "received_at": report.received_at,
            **{name: value for name, value in msgspec.structs.asdict(event).items() if name != "on"},
            **_named(event.on),
        }
        for report in reports
        for event in report.events
    }
    await bulk.insert_if_absent(tx, station_events, list(rows.values()))


TEXT_KEPT_MAX = 20_000


def _bounded(data: Any) -> Any:
    """A vendor's data as it is kept: of what is larger only the beginning of its text."""
    text = data if isinstance(data, str) else msgspec.json.encode(data).decode()
    return data if len(text) <= TEXT_KEPT_MAX else text[:TEXT_KEPT_MAX]


async def add_transfers(tx: Tx, reports: Iterable[ReportDataTransfer], kept_max: int) -> None:
    """Store vendors' messages; of a station the newest `kept_max` stay."""
    rows = [
        {
            "id": new_id(),
            "operator_id": report.operator_id,
            "station_id": report.station_id,
            "received_at": report.received_at,
            "vendor_id": report.vendor_id,
            "vendor_message_id": report.vendor_message_id,
            "data": _bounded(report.data),
            "status": report.status,
            "answer": report.answer,
        }
        for report in reports
    ]
    await bulk.insert(tx, data_transfers, rows)
    for station_id in sorted({row["station_id"] for row in rows}):
        mine = data_transfers.c.station_id == station_id
        newest = sa.select(data_transfers.c.id).where(mine).order_by(data_transfers.c.id.desc())
        oldest_kept = (await tx.execute(newest.offset(kept_max - 1).limit(1))).scalar_one_or_none()
        if oldest_kept is not None:
            await tx.execute(sa.delete(data_transfers).where(mine, data_transfers.c.id < oldest_kept))


async def values_of(tx: Tx, station_id: str, component: str) -> Sequence[sa.Row[Any]]:
    """What a station has told of a component's variables: variable, instance, value and value_list of the actual values."""
    statement = sa.select(variables.c.variable, variables.c.instance, variables.c.value, variables.c.value_list).where(
        variables.c.station_id == station_id,
        sa.func.lower(variables.c.component) == component.lower(),
        variables.c.attribute == "Actual",
    )
    return (await tx.execute(statement)).all()
