"""All SQL of the grid module."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from voltway.contracts.grid import (
    DerControl,
    ReportBatterySwap,
    ReportDerAlarm,
    ReportDerCleared,
    ReportDerControls,
    ReportDerSwitch,
    ReportStreams,
    Stream,
)
from voltway.contracts.vocabulary import AuthorizationStatus
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.modules.grid.errors import StreamNotFound
from voltway.modules.grid.rules import NO_FAULT
from voltway.modules.grid.tables import battery_swaps, der_alarms, der_controls, stream_values, streams

PURGE_ROWS = 5000

# ---- DER control

_CONTROL_KEY = ("station_id", "control_id")


async def keep_controls(tx: Tx, report: ReportDerControls) -> None:
    """Write the controls of a report; a control that is told again is the same row."""
    rows = [_control_row(report, control) for control in {c.control_id: c for c in report.controls}.values()]
    changes = ("control_type", "is_default", "is_superseded", "document", "told_at")
    await bulk.upsert(tx, der_controls, rows, key=_CONTROL_KEY, update=changes)
    await supersede(tx, report.station_id, report.superseded_ids)
    if report.complete_since is not None:
        await tx.execute(
            sa.delete(der_controls).where(
                der_controls.c.station_id == report.station_id, der_controls.c.told_at < report.complete_since
            )
        )


def _control_row(report: ReportDerControls, control: DerControl) -> dict[str, Any]:
    return {
        "id": new_id(),
        "operator_id": report.operator_id,
        "station_id": report.station_id,
        "control_id": control.control_id,
        "control_type": control.control_type,
        "is_default": control.is_default,
        "is_superseded": control.is_superseded,
        "document": control.document,
        "told_at": report.received_at,
    }


async def supersede(tx: Tx, station_id: str, control_ids: Sequence[str]) -> None:
    """Note that controls were put aside by others."""
    if control_ids:
        await tx.execute(
            sa.update(der_controls)
            .where(der_controls.c.station_id == station_id, der_controls.c.control_id.in_(control_ids))
            .values(is_superseded=True)
        )


async def remove_controls(tx: Tx, report: ReportDerCleared) -> None:
    """Forget the controls that a station has removed."""
    statement = sa.delete(der_controls).where(der_controls.c.station_id == report.station_id)
    if report.control_id is not None:
        statement = statement.where(der_controls.c.control_id == report.control_id)
    else:
        statement = statement.where(der_controls.c.is_default == report.is_default)
        if report.control_type is not None:
            statement = statement.where(der_controls.c.control_type == report.control_type)
    await tx.execute(statement)


async def switch_control(tx: Tx, report: ReportDerSwitch) -> None:
    """Note that a control acts, or acts no longer; the row is made where nobody told of the control before."""
    column = "started_at" if report.is_started else "stopped_at"
    row = {
        "id": new_id(),
        "operator_id": report.operator_id,
        "station_id": report.station_id,
        "control_id": report.control_id,
        "is_superseded": False,
        column: report.occurred_at,
        "told_at": report.received_at,
    }
    await bulk.upsert(tx, der_controls, [row], key=_CONTROL_KEY, update=(column, "told_at"))
    await supersede(tx, report.station_id, report.superseded_ids)


async def open_alarms(tx: Tx, station_ids: Iterable[str]) -> Sequence[Any]:
    """The alarms of stations that are not over."""
    statement = sa.select(der_alarms).where(
        der_alarms.c.station_id.in_(list(station_ids)), der_alarms.c.ended_at.is_(None)
    )
    return (await tx.execute(bulk.locked(statement, tx))).all()


async def add_alarm(tx: Tx, report: ReportDerAlarm) -> None:
    """Add an alarm; one that is told again makes no second row."""
    row = {
        "id": new_id(),
        "operator_id": report.operator_id,
        "station_id": report.station_id,
        "control_type": report.control_type,
        "grid_fault": report.grid_fault or NO_FAULT,
        "key_at": report.occurred_at,
        "started_at": None if report.is_ended else report.occurred_at,
        "ended_at": report.occurred_at if report.is_ended else None,
        "remark": report.remark,
        "received_at": report.received_at,
    }
    await bulk.insert_if_absent(tx, der_alarms, [row])


async def has_ended_alarm(tx: Tx, report: ReportDerAlarm) -> bool:
    """Whether an alarm ended at this very moment: the end is told again."""
    statement = sa.select(der_alarms.c.id).where(
        der_alarms.c.station_id == report.station_id,
        der_alarms.c.control_type == report.control_type,
        der_alarms.c.ended_at == report.occurred_at,
    )
    return (await tx.execute(statement.limit(1))).first() is not None


async def end_alarms(tx: Tx, alarm_ids: Sequence[str], ended_at: datetime) -> None:
    """Note that alarms are over."""
    await tx.execute(sa.update(der_alarms).where(der_alarms.c.id.in_(alarm_ids)).values(ended_at=ended_at))


# ---- battery swaps


async def add_swaps(tx: Tx, judged: Sequence[tuple[ReportBatterySwap, AuthorizationStatus]]) -> None:
    """Add the steps of swaps; one that is told again makes no second row."""
    rows = [
        {
            "id": new_id(),
            "operator_id": report.operator_id,
            "station_id": report.station_id,
            "digest": report.digest,
            "request_number": report.request_number,
            "step": report.step.value,
            "id_token": report.id_token.value,
            "id_token_kind": None if report.id_token.kind is None else report.id_token.kind[:20],
            "verdict": verdict.value,
            "batteries": msgspec.to_builtins(report.batteries),
            "received_at": report.received_at,
        }
        for report, verdict in judged
    ]
    await bulk.insert_if_absent(tx, battery_swaps, rows)


# ---- streams


async def streams_of(tx: Tx, station_ids: Iterable[str]) -> dict[str, dict[int, Any]]:
    """The open streams of stations, by number."""
    found: dict[str, dict[int, Any]] = {station_id: {} for station_id in station_ids}
    statement = sa.select(streams).where(streams.c.station_id.in_(list(found)), streams.c.closed_at.is_(None))
    for row in (await tx.execute(bulk.locked(statement, tx))).all():
        found[row.station_id][row.stream_number] = row
    return found


async def open_streams(tx: Tx, report: ReportStreams, admitted: Sequence[Stream], known: dict[int, Any]) -> None:
    """Note streams as open. What a report does not say of one that is open stays as it was."""
    rows = []
    for stream in {one.stream_number: one for one in admitted}.values():
        before = known.get(stream.stream_number)
        monitor_number = stream.monitor_number
        if monitor_number is None and before is not None:
            monitor_number = before.monitor_number
        rows.append(
            {
                "id": new_id(),
                "operator_id": report.operator_id,
                "station_id": report.station_id,
                "stream_number": stream.stream_number,
                "monitor_number": monitor_number,
                "interval_s": stream.interval_s,
                "batch_size": stream.values,
                "opened_at": report.received_at if before is None else before.opened_at,
                "closed_at": None,
            }
        )
    changes = ("monitor_number", "interval_s", "batch_size", "opened_at", "closed_at")
    await bulk.upsert(tx, streams, rows, key=("station_id", "stream_number"), update=changes)


async def close_streams(tx: Tx, station_id: str, numbers: Sequence[int], closed_at: datetime) -> None:
    """Note streams as closed."""
    if numbers:
        await tx.execute(
            sa.update(streams)
            .where(
                streams.c.station_id == station_id,
                streams.c.stream_number.in_(numbers),
                streams.c.closed_at.is_(None),
            )
            .values(closed_at=closed_at)
        )


async def add_values(tx: Tx, values: Sequence[tuple[str, datetime, str]]) -> None:
    """Add values: (stream's id, instant, value)."""
    rows = [{"id": new_id(), "stream_id": stream_id, "at": at, "value": value} for stream_id, at, value in values]
    await bulk.insert(tx, stream_values, rows)


async def note_stream(tx: Tx, stream_id: str, pending: int, last_value_at: datetime) -> None:
    """Note how a stream is."""
    await tx.execute(
        sa.update(streams).where(streams.c.id == stream_id).values(pending=pending, last_value_at=last_value_at)
    )


async def get_stream(tx: Tx, station_id: str, stream_number: int) -> Any:
    """A stream of a station. Raises StreamNotFound."""
    statement = sa.select(streams).where(streams.c.station_id == station_id, streams.c.stream_number == stream_number)
    row = (await tx.execute(statement)).one_or_none()
    if row is None:
        raise StreamNotFound(f"The charging station has no event stream {stream_number}.")
    return row


async def forget_values(tx: Tx, kept_days: float) -> int:
    """Delete a chunk of the values older than this; how many. Ids begin with their time: the primary key is enough."""
    first_kept = f"{max(int((clock.now() - timedelta(days=kept_days)).timestamp() * 1000), 0):012x}"
    bound = f"{first_kept[:8]}-{first_kept[8:]}"
    statement = sa.select(stream_values.c.id).where(stream_values.c.id < bound)
    ids = (await tx.execute(statement.order_by(stream_values.c.id).limit(PURGE_ROWS))).scalars().all()
    if ids:
        await tx.execute(sa.delete(stream_values).where(stream_values.c.id <= ids[-1]))
    return len(ids)
