"""What stations tell of their device model beside settings: monitors, events, messages on their displays, vendor data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from voltway.contracts.station_link import Report


class VariableName(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which variable of the device model is meant."""

    component: str
    component_instance: str | None = None
    evse_number: int | None = None
    connector_number: int | None = None
    variable: str
    instance: str | None = None


class Monitor(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A monitor that a station has set on a variable; the station numbers them."""

    number: int
    on: VariableName
    kind: str
    """UpperThreshold, LowerThreshold, Delta, Periodic, PeriodicClockAligned ..."""
    value: float
    severity: int
    is_in_transaction_only: bool = False
    origin: str | None = None
    """HardWiredMonitor, PreconfiguredMonitor, CustomMonitor; None where 2.0.1 does not say."""


class MonitorsUnlisted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A whole list has come that was asked for at `asked_at`: what it did not name is gone. `kinds`: only these were asked
    for; none: every kind was."""

    asked_at: datetime
    kinds: tuple[str, ...] = ()


class ReportMonitors(Report, frozen=True, kw_only=True, gc=False):
    """Monitors as a station lists them, as it has set them for us (`monitors`) or has none any more (`cleared`)."""

    monitors: tuple[Monitor, ...] = ()
    cleared: tuple[int, ...] = ()
    unlisted: MonitorsUnlisted | None = None


class StationEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that a station noticed on one of its variables."""

    number: int
    on: VariableName
    occurred_at: datetime
    trigger: str
    kind: str
    actual_value: str
    severity: int | None = None
    cause_number: int | None = None
    tech_code: str | None = None
    tech_info: str | None = None
    is_cleared: bool = False
    transaction_id: str | None = None
    monitor_number: int | None = None


class ReportEvents(Report, frozen=True, kw_only=True, gc=False):
    """Events of a station's monitors. Answered by None."""

    events: tuple[StationEvent, ...]


class DisplayMessage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A message that a station shows or is to show."""

    number: int
    priority: str
    content: str
    format: str
    language: str | None = None
    state: str | None = None
    display: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    transaction_id: str | None = None


class MessagesUnlisted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A whole list has come that was asked for at `asked_at`: what it did not name is gone. The other fields say which
    messages were asked for; all of them where there are none."""

    asked_at: datetime
    numbers: tuple[int, ...] = ()
    priority: str | None = None
    state: str | None = None


class ReportDisplayMessages(Report, frozen=True, kw_only=True, gc=False):
    """Messages as a station lists them (`messages`), and those that it has no longer (`cleared`)."""

    messages: tuple[DisplayMessage, ...] = ()
    cleared: tuple[int, ...] = ()
    unlisted: MessagesUnlisted | None = None


class ReportDataTransfer(Report, frozen=True, kw_only=True, gc=False):
    """A vendor's own message from a station, and what was answered. Answered by None."""

    vendor_id: str
    vendor_message_id: str | None
    data: Any
    status: str
    answer: Any = None
