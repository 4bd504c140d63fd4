"""Clocks on the wall of a station: what they show at an instant, and at which instants they show something. Pure.

What a clock shows is a datetime that says UTC and means the clock, so that it can be counted with. Source: OCPP 2.1 K01.FR.90, .91.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

SHIFT_MAX = timedelta(days=1)
"""No clock is ever set by more."""
_LOOK = timedelta(hours=1)


def shown(at: datetime, zone: tzinfo) -> datetime:
    """What a clock shows at an instant."""
    return at if zone is UTC else at.astimezone(zone).replace(tzinfo=UTC, fold=0)


def latest(at: datetime, zone: tzinfo) -> datetime:
    """More than a clock has shown until an instant: it may have been set back since."""
    return at if zone is UTC else shown(at, zone) + SHIFT_MAX


def instants(face: datetime, zone: tzinfo) -> tuple[datetime, ...]:
    """The instants at which a clock shows this: two where it is set back, and where it is set forward the one by either side."""
    if zone is UTC:
        return (face,)
    local = face.replace(tzinfo=zone)
    return tuple({local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)})


def changes(zone: tzinfo, since: datetime, until: datetime) -> Iterator[datetime]:
    """The instants between two at which clocks are set."""
    at = since
    while at < until:
        after = min(at + _LOOK, until)
        if _offset(at, zone) != _offset(after, zone):
            low, high = at, after
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                low, high = (middle, high) if _offset(middle, zone) == _offset(at, zone) else (low, middle)
            yield high.replace(microsecond=0)
        at = after


def _offset(at: datetime, zone: tzinfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()
