"""What is said of files that stations fetch and bring: firmware, logs. Orders are prepared here, and stations tell how it goes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from voltway.contracts.station_link import Report
from voltway.kernel.bus.asks import Ask
from voltway.kernel.bus.event import Event


class JobKind(StrEnum):
    """What a station does with a file."""

    FIRMWARE = "firmware"
    """It fetches and installs it."""
    LOG = "log"
    """It brings it."""
    PUBLISH = "publish"
    """It fetches it and hands it on to the stations behind it."""


class PrepareJob(Ask[dict[str, Any]], frozen=True, kw_only=True):
    """An order about a file is about to be given: note it, and say what the dialect must know besides what was given.

    `arguments` are those of the order. The answer has `request_number`, and where they were not given `location`,
    `signature`, `signing_certificate`, `checksum`. Raises ImageNotFound, InvalidField, NoAddress, FirmwareOlder.
    """

    operator_id: str
    station_id: str
    station_identity: str
    location_id: str | None
    kind: JobKind
    arguments: dict[str, Any]
    is_signed: bool
    """Whether the station is to check the signature of an image."""
    installed_version: str | None = None
    """Of the firmware that the station would exchange, as it has told; None: it exchanges none."""


class FileOrderEnded(Event, frozen=True, kw_only=True, gc=False):
    """An order about a file has come to nothing: the station was offline, has not answered in time, or could not be told.
    `state` is a word of CommandState."""

    station_id: str
    request_number: int
    state: str

    def key(self) -> str:
        return self.station_id


class FindImageChecksum(Ask[str], frozen=True, kw_only=True):
    """The MD5 of an image, by which a local controller knows it (2.0.1 part 2, L03, L04). Raises ImageNotFound."""

    operator_id: str
    image_id: str


class ReportJobAnswer(Report, frozen=True, kw_only=True, gc=False):
    """How a station has answered an order about a file. Answered by None. `cancels_others`: what was under way is given up."""

    request_number: int
    wire_status: str | None
    is_accepted: bool
    cancels_others: bool = False
    file_name: str | None = None


class ReportJobStatus(Report, frozen=True, kw_only=True, gc=False):
    """How a station is getting on with a file. `status` is the word on the wire; without a number it means the latest order
    of its kind. Answered by None."""

    kind: JobKind
    status: str
    request_number: int | None = None
    locations: tuple[str, ...] = ()
    """Of published firmware."""
    reason: str | None = None


class FirmwareEnd(msgspec.Struct, frozen=True, kw_only=True):
    """How an order to install firmware has ended. `outcome`: done, failed, canceled, rejected, offline, timed_out; `status`
    is the station's last word."""

    requested_at: datetime
    outcome: str
    status: str | None


class FindFirmwareEnds(Ask[dict[str, FirmwareEnd]], frozen=True, kw_only=True):
    """The ends of the latest orders of an image to these stations since then: station -> end. Those that go on are left out."""

    operator_id: str
    image_id: str
    station_ids: tuple[str, ...]
    since: datetime
