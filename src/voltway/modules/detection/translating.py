"""What the events of other modules mean to the rules: a table from event to signals. Pure.

Everything here is made of facts that are saved anyway; what nobody saves comes as `Noticed`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from voltway.contracts.detection import token_name
from voltway.contracts.security import SecurityEventRecorded
from voltway.contracts.sessions import SessionDoubted, SessionEnded, SessionStarted
from voltway.contracts.station_link import LinkOpened
from voltway.contracts.stations import CommandChanged, ConnectorStatusChanged, StationChanged
from voltway.contracts.vocabulary import CommandState, ConnectorStatus
from voltway.kernel.audit import ActDone
from voltway.kernel.bus.event import Event
from voltway.kernel.noticing import Noticed
from voltway.modules.detection.signals import Signal

LONG_S = 1800
"""A session of this length without energy is no mistake at the plug."""
EMPTY_WH = 100
"""Less than this is no charge: relays and electronics."""

MACHINES = frozenset(
    {
        "allocation",
        "charging plan",
        "deauthorisation",
        "factory password",
        "firmware campaign",
        "limit",
        "payer",
        "payment",
        "local list",
        "provisioning",
        "reservation",
        "security",
        "silence",
        "voltway: the transaction goes on",
        "web payment",
    }
)
"""Who orders in the name of the platform: rules about people leave these out."""

DOUBTS: Mapping[str, str] = {
    "conflict": "sequence.conflict",
    "thinned": "sequence.gap",
    "register_decreased": "register.decreased",
    "meter_implausible": "register.decreased",
    "signed_energy_differs": "register.decreased",
    "signed_value_invalid": "register.decreased",
    "meter_missing": "meter.missing",
    "register_missing": "meter.missing",
    "start_missing": "meter.missing",
}
"""Why a session should be looked at -> kind of signal; the other reasons are no matter of a rule."""

SENSITIVE = (
    "api_key.",
    "role.",
    "account.role",
    "member.",
    "station.password",
    "certificate.revoked",
    "oauth_client.",
    "log_in_policy.",
    "backup.",
)
"""Beginnings of acts that somebody who took an account over would do first."""


def signals_of(event: Event) -> list[Signal]:
    """What an event means; mostly nothing or one signal."""
    translate = TRANSLATIONS.get(type(event))
    return list(translate(event)) if translate is not None else []


def _signal(event: Any, kind: str, **facts: Any) -> Signal:
    return Signal(
        at=event.at,
        operator_id=event.operator_id,
        kind=kind,
        station_id=event.station_id,
        station_identity=getattr(event, "station_identity", None),
        location_id=getattr(event, "location_id", None),
        facts=facts,
    )


def _noticed(event: Noticed) -> Iterator[Signal]:
    facts = dict(event.facts)
    yield Signal(
        at=event.at,
        operator_id=event.operator_id,
        kind=event.kind,
        station_id=facts.pop("station_id", None),
        station_identity=facts.pop("station_identity", None),
        location_id=facts.pop("location_id", None),
        count=event.count,
        facts=facts,
    )


def _station(event: StationChanged) -> Iterator[Signal]:
    if event.what in ("online", "offline", "retired"):
        yield _signal(event, "station.reached", is_offline=event.what == "offline")


def _link(event: LinkOpened) -> Iterator[Signal]:
    yield _signal(event, "link.opened", protocol=event.protocol)


def _connector(event: ConnectorStatusChanged) -> Iterator[Signal]:
    yield _signal(
        event,
        "connector.told",
        evse_number=event.evse_number,
        connector_number=event.connector_number,
        is_faulted=event.status is ConnectorStatus.FAULTED,
        error_code=event.error_code,
    )


def _command(event: CommandChanged) -> Iterator[Signal]:
    facts = {"type": event.type, "actor": event.requested_by}
    if event.state is CommandState.TIMED_OUT and event.effect is None:
        yield _signal(event, "command.timed_out", **facts)
    if event.state is not CommandState.PENDING or event.effect is not None:
        return
    if event.requested_by is not None and event.requested_by not in MACHINES:
        yield _signal(event, "command.ordered", **facts)
    if event.type == "update_firmware":
        yield _signal(event, "firmware.ordered", **facts)


def _security_event(event: SecurityEventRecorded) -> Iterator[Signal]:
    yield _signal(event, "security_event.told", type=event.type, severity=event.severity)


def _started(event: SessionStarted) -> Iterator[Signal]:
    if event.id_token:
        yield _signal(event, "session.started", token=token_name(event.id_token))


def _ended(event: SessionEnded) -> Iterator[Signal]:
    length_s = (event.ended_at - event.started_at).total_seconds()
    is_empty = event.energy_wh < EMPTY_WH
    yield _signal(
        event,
        "session.ended",
        session_id=event.session_id,
        mean_power_w=round(event.energy_wh * 3600 / max(length_s, 60)),
        failed=int(is_empty),
        total=1,
    )
    if is_empty and length_s >= LONG_S:
        yield _signal(event, "session.empty", session_id=event.session_id, length_s=round(length_s))


def _doubted(event: SessionDoubted) -> Iterator[Signal]:
    for kind in dict.fromkeys(DOUBTS[reason] for reason in event.reasons if reason in DOUBTS):
        yield _signal(event, kind, session_id=event.session_id, reasons=" ".join(event.reasons))


def _act(event: ActDone) -> Iterator[Signal]:
    """Acts are named `thing.what`; the audit log is told of them wherever they happen."""
    thing, _, what = event.action.partition(".")
    actor = event.actor_name or event.actor_id
    named: dict[str, Any] = {"actor": actor, "action": event.action, "address": event.address}
    about: list[tuple[str, dict[str, Any]]] = []
    if event.action == "log_in.failed":
        about.append(("log_in.failed", {"account": event.target_id or actor}))
    if event.action == "step_up.failed":
        about.append(("factor.asked", {"account": event.target_id or actor}))
    if thing in ("passkey", "totp", "factor") and what in ("added", "enrolled", "made"):
        about.append(("factor.added", {}))
    if event.action.startswith(SENSITIVE):
        about.append(("act.sensitive", {}))
    if thing == "tariff" and what in ("edited", "changed", "made", "added", "assigned"):
        about.append(("tariff.edited", {}))
    if what == "refunded" or (thing == "refund" and what in ("made", "given")):
        about.append(("refund.made", {}))
    if what == "exported":
        about.append(("export.made", {"rows": _rows(event.after)}))
    if event.action == "audit.broken":
        about.append(("audit.broken", {}))
    for kind, more in about:
        facts = {name: value for name, value in {**named, **more}.items() if value not in (None, "")}
        yield Signal(at=event.at, operator_id=event.operator_id, kind=kind, facts=facts)


def _rows(after: Mapping[str, Any] | None) -> int:
    rows = (after or {}).get("rows", 0)
    return rows if isinstance(rows, int) else 0


TRANSLATIONS: Mapping[type[Event], Callable[[Any], Iterable[Signal]]] = {
    Noticed: _noticed,
    StationChanged: _station,
    LinkOpened: _link,
    ConnectorStatusChanged: _connector,
    CommandChanged: _command,
    SecurityEventRecorded: _security_event,
    SessionStarted: _started,
    SessionEnded: _ended,
    SessionDoubted: _doubted,
    ActDone: _act,
}
