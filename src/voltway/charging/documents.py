"""Charging profiles as OCPP 2.x writes them, with names in snake_case, become the profiles that are reckoned with. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from voltway.charging.both_ways import Also
from voltway.charging.profiles import Kind, Period, Profile, Purpose, Recurrency, Schedule, Unit

Document = Mapping[str, Any]

_ALSO = {name: name for name in Also.__struct_fields__} | {
    "baseline": "v2x_baseline",
    "preconditioning": "preconditioning_request",
}
"""Ours -> the wire's."""


def instant(text: str | datetime | None) -> datetime | None:
    """A time of a document; without an offset it is UTC. Raises ValueError for what is none."""
    if text is None:
        return None
    at = text if isinstance(text, datetime) else _read(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _read(text: str) -> datetime:
    """A leap second is the next second's beginning."""
    if text[17:19] == "60":
        return datetime.fromisoformat(f"{text[:17]}59{text[19:]}").replace(microsecond=0) + timedelta(seconds=1)
    return datetime.fromisoformat(text)


def profile_of(document: Document, evse_number: int, updated_at: datetime | None = None) -> Profile:
    """A profile of a document. Raises KeyError or ValueError for one that OCPP does not allow."""
    recurrency = document.get("recurrency_kind")
    return Profile(
        profile_id=document["id"],
        purpose=Purpose(document["charging_profile_purpose"]),
        kind=Kind(document["charging_profile_kind"]),
        stack_level=document["stack_level"],
        evse_number=evse_number,
        recurrency=None if recurrency is None else Recurrency(recurrency),
        valid_from=instant(document.get("valid_from")),
        valid_to=instant(document.get("valid_to")),
        transaction_id=document.get("transaction_id"),
        updated_at=instant(document.get("dyn_update_time")) or updated_at,
        schedules=schedules_of(document["charging_schedule"]),
    )


def schedules_of(documents: Document | Sequence[Document]) -> tuple[Schedule, ...]:
    """The schedules of a profile; OCPP 1.6 has one, and no list."""
    several = [documents] if isinstance(documents, Mapping) else documents
    return tuple(schedule_of(document) for document in several)


def schedule_of(document: Document) -> Schedule:
    """One schedule."""
    at_soc = document.get("limit_at_soc") or {}
    return Schedule(
        schedule_id=document.get("id") or 0,
        unit=Unit(document["charging_rate_unit"]),
        periods=tuple(_period_of(period) for period in document["charging_schedule_period"]),
        starts_at=instant(document.get("start_schedule")),
        duration_s=document.get("duration"),
        rate_min=document.get("min_charging_rate"),
        is_local=bool(document.get("use_local_time")),
        delay_s_max=document.get("randomized_delay") or 0,
        soc_percent=at_soc.get("soc"),
        limit_at_soc=at_soc.get("limit"),
    )


def _period_of(document: Document) -> Period:
    told = {ours: document[theirs] for ours, theirs in _ALSO.items() if document.get(theirs) is not None}
    return Period(
        start_s=document["start_period"],
        limit=document.get("limit"),
        number_phases=document.get("number_phases"),
        phase_to_use=document.get("phase_to_use"),
        also=Also(**told) if told else None,
    )
