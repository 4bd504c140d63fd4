"""What OCPP 2.1 stations tell beside charging, as the API shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from voltway.kernel.http import Instant, Schema


class DerControlOut(Schema):
    """A setting of a station towards the grid. `document` is the setting as OCPP 2.1 writes it; `is_active`: it acts now."""

    id: str
    control_id: str
    control_type: str | None
    is_default: bool | None
    is_superseded: bool
    is_active: bool
    document: dict[str, Any] | None
    started_at: Instant | None
    stopped_at: Instant | None
    told_at: Instant


class DerAlarmOut(Schema):
    """A fault of the grid that a control has met. Without `started_at` the station told only of its end."""

    id: str
    control_type: str
    grid_fault: str | None
    started_at: Instant | None
    ended_at: Instant | None
    remark: str | None
    received_at: Instant


class BatteryOut(Schema):
    """A battery in a slot."""

    evse_number: int
    serial_number: str
    soc_percent: float
    soh_percent: float
    produced_at: str | None
    vendor_text: str | None


class BatterySwapOut(Schema):
    """One step of a battery swap; the steps of one swap share `request_number`. `verdict` is that on the token."""

    id: str
    request_number: int
    step: str
    id_token: str
    id_token_kind: str | None
    verdict: str
    batteries: list[BatteryOut]
    received_at: Instant


class StreamOut(Schema):
    """A periodic event stream. `monitor_number` names the variable monitor whose values it carries, `pending` how many
    values the station still held back when it last sent some."""

    id: str
    stream_number: int
    monitor_number: int | None
    interval_s: int | None
    batch_size: int | None
    pending: int | None
    is_open: bool
    opened_at: Instant
    closed_at: Instant | None
    last_value_at: Instant | None


class StreamValueOut(Schema):
    """A value of a stream, as the station wrote it."""

    id: str
    at: Instant
    value: str


def control_out(row: Any) -> DerControlOut:
    """A row of grid_der_controls as the API shows it."""
    is_active = row.started_at is not None and (row.stopped_at is None or row.stopped_at < row.started_at)
    return DerControlOut(is_active=is_active, **_fields(row, DerControlOut, "is_active"))


def alarm_out(row: Any) -> DerAlarmOut:
    """A row of grid_der_alarms as the API shows it."""
    return DerAlarmOut(grid_fault=row.grid_fault or None, **_fields(row, DerAlarmOut, "grid_fault"))


def battery_swap_out(row: Any, shown: Callable[[str], str]) -> BatterySwapOut:
    """A row of grid_battery_swaps as the API shows it; its token as it is to be `shown`."""
    return BatterySwapOut(id_token=shown(row.id_token), **_fields(row, BatterySwapOut, "id_token"))


def stream_out(row: Any) -> StreamOut:
    """A row of grid_streams as the API shows it."""
    return StreamOut(is_open=row.closed_at is None, **_fields(row, StreamOut, "is_open"))


def _fields(row: Any, kind: type[Schema], *besides: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in kind.model_fields if name not in besides}
