"""Date-times as stations write them: RFC 3339 in the specification, a good deal else in the field."""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

# What RFC 3339 and ISO 8601's usual forms allow, with any number of fraction digits and the zone optional.
_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d*))?)?\s?([Zz]|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
# Beyond these a clock is not wrong but meaningless, and arithmetic on it could leave the calendar.
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class Instant(NamedTuple):
    """A station's date-time in UTC, and what had to be assumed to read it."""

    at: datetime
    is_zone_assumed: bool = False
    """The text had no zone: UTC was assumed."""
    is_leap_second: bool = False
    """The text said second 60: the next second is meant."""


def parse_instant(text: str) -> Instant:
    """Read a date-time; fraction digits beyond microseconds are cut. Raises ValueError for what is no instant."""
    # The usual form by the quick road; fromisoformat alone would also take bare dates, week dates and stray bytes.
    if len(text) >= 20 and text[7] == "-" and text[10] == "T" and text[-1] == "Z":
        try:
            return Instant(_plausible(datetime.fromisoformat(text), text))
        except ValueError:
            pass
    return _parse_slowly(text)


def format_instant(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: the most exact form that OCPP 2.x part 2 allows and every station reads."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _parse_slowly(text: str) -> Instant:
    match = _INSTANT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a date-time: {text[:40]!r}")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    is_leap_second = second == "60"
    local = datetime(
        int(year),
        int(month),
        int(day),
        int(hour),
        int(minute),
        59 if is_leap_second else int(second or 0),
        0 if is_leap_second else int((fraction or "")[:6].ljust(6, "0")),
        tzinfo=UTC,
    )
    if is_leap_second:
        local += timedelta(seconds=1)
    try:
        at = local - _offset(zone)
    except OverflowError as error:
        raise ValueError(f"outside the calendar: {text!r}") from error
    return Instant(_plausible(at, text), is_zone_assumed=zone is None, is_leap_second=is_leap_second)


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone in "Zz":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[3:].removeprefix(":") or 0)
    if hours > 23 or minutes > 59:
        raise ValueError(f"not a zone: {zone!r}")
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if zone[0] == "-" else offset


def _plausible(at: datetime, text: str) -> datetime:
    if not _EARLIEST <= at < _LATEST:
        raise ValueError(f"no station's clock can mean this: {text!r}")
    return at
