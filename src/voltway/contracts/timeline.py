"""What modules tell of a station, moment by moment, so that its hour can be read in one column."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from voltway.kernel.bus.asks import Ask


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened at a station. `at` is when we heard of it: the station's own clock may be wrong.

    `kind` is a word of its source: a status, a message's action, a command's type. `facts` are for people and for rules.
    """

    id: str
    at: datetime
    kind: str
    evse_number: int | None = None
    subject_id: str | None = None
    """The command, session, payment or incident."""
    is_before: bool = False
    """It happened before the time that was asked for, and still held when that began."""
    facts: Mapping[str, Any] = {}


class TellMoments(Ask[list[Moment]], frozen=True, kw_only=True):
    """What happened at a station in `[since, until)`, at most `limit` of it, the latest first. Base of the requests below."""

    operator_id: str
    station_id: str
    since: datetime
    until: datetime
    limit: int


class TellStatuses(TellMoments, frozen=True, kw_only=True):
    """What connectors were, also the last word of each from before. Facts: connector_number, status, wire_status, error_code,
    vendor_error_code, info."""


class TellCommands(TellMoments, frozen=True, kw_only=True):
    """Commands that were given. Facts: state, wire_status, effect, requested_by, finished_at."""


class TellLinks(TellMoments, frozen=True, kw_only=True):
    """Whether the station was connected: kinds `online`, `offline`; also what held before."""


class TellMessages(TellMoments, frozen=True, kw_only=True):
    """The messages of the protocol, call and answer as one. Facts: direction, message_id, request, answer, verdict (the
    status in the answer), error_code, waited_ms. Tokens are cut."""


class TellSessions(TellMoments, frozen=True, kw_only=True):
    """Sessions: kinds `started`, `charging_ended`, `ended`, `unplugged`. Facts: id_token, energy_wh, stop_reason, is_remote."""


class TellPayments(TellMoments, frozen=True, kw_only=True):
    """Payments at the station: kinds `opened`, and the state that a payment came to. Facts: amount, reason, start."""


class TellIncidents(TellMoments, frozen=True, kw_only=True):
    """Incidents about the station. The kind is the rule's number. Facts: title, severity, state, count."""
