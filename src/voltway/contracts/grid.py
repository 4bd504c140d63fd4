"""What only OCPP 2.1 stations say beside charging: DER control, battery swaps, periodic event streams."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from voltway.contracts.station_link import Report
from voltway.contracts.vocabulary import IdToken

# ---- DER control: how a station behaves towards the grid


class DerControl(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One setting of a station towards the grid. `control_type` is the word of OCPP 2.1, `document` the setting as it
    writes it."""

    control_id: str
    control_type: str
    is_default: bool
    is_superseded: bool = False
    document: dict[str, Any]


class ReportDerControls(Report, frozen=True, kw_only=True, gc=False):
    """Controls that a station has: told by it, or accepted from us. Answered by None.

    `superseded_ids`: what they put aside. `complete_since`: these end a report of all controls that was asked for then, and
    what was not told of since is not there any more.
    """

    controls: tuple[DerControl, ...] = ()
    superseded_ids: tuple[str, ...] = ()
    complete_since: datetime | None = None


class ReportDerCleared(Report, frozen=True, kw_only=True, gc=False):
    """A station has removed controls by our order: one by its id, those of a type, or all; default or scheduled ones."""

    is_default: bool
    control_id: str | None = None
    control_type: str | None = None


class ReportDerSwitch(Report, frozen=True, kw_only=True, gc=False):
    """A control has begun to act, or acts no longer. Answered by None."""

    control_id: str
    is_started: bool
    occurred_at: datetime
    superseded_ids: tuple[str, ...] = ()


class ReportDerAlarm(Report, frozen=True, kw_only=True, gc=False):
    """A control has met a fault of the grid, or that is over. Answered by None."""

    control_type: str
    grid_fault: str | None = None
    is_ended: bool = False
    occurred_at: datetime
    remark: str | None = None


# ---- battery swaps


class SwapStep(StrEnum):
    """What happened at a battery swap station."""

    BATTERY_IN = "battery_in"
    BATTERY_OUT = "battery_out"
    BATTERY_OUT_TIMEOUT = "battery_out_timeout"


class Battery(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A battery in a slot. Charge and health in percent."""

    evse_number: int
    serial_number: str
    soc_percent: float
    soh_percent: float
    produced_at: str | None = None
    vendor_text: str | None = None


class ReportBatterySwap(Report, frozen=True, kw_only=True, gc=False):
    """Batteries were put in or taken out. `request_number` joins the steps of one swap, and our order with it.
    Answered by None: the protocol has no refusal."""

    step: SwapStep
    request_number: int
    id_token: IdToken
    batteries: tuple[Battery, ...]
    digest: str
    """Of the payload: a message that is said again has the same one."""


# ---- periodic event streams


class Stream(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A stream of a monitored variable's values. `interval_s` or `values`: when a station sends what it has."""

    stream_number: int
    monitor_number: int | None = None
    interval_s: int | None = None
    values: int | None = None


class ReportStreams(Report, frozen=True, kw_only=True, gc=False):
    """Streams that a station asks to open or has. Answered by `StreamsReceipt`. `is_all`: it has no others."""

    streams: tuple[Stream, ...]
    is_all: bool = False


class StreamsReceipt(msgspec.Struct, frozen=True, gc=False):
    """Which of the streams may be open."""

    open_numbers: tuple[int, ...] = ()


class ReportStreamClosed(Report, frozen=True, kw_only=True, gc=False):
    """A station has closed a stream. Answered by None."""

    stream_number: int


class ReportStreamValues(Report, frozen=True, kw_only=True, gc=False):
    """Values of a stream: (instant, value as the station wrote it). Nobody waits for an answer."""

    stream_number: int
    pending: int
    values: tuple[tuple[datetime, str], ...]
