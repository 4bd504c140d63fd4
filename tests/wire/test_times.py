"""Date-times as stations write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltway.wire.ocpp.times import Instant, format_instant, parse_instant

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-07-01T12:00:00Z", NOON),
        ("2026-07-01T12:00:00.000Z", NOON),
        ("2026-07-01t12:00:00z", NOON),
        ("2026-07-01 12:00:00Z", NOON),
        (" 2026-07-01T12:00:00Z\n", NOON),
        ("2026-07-01T12:00Z", NOON),
        ("2026-07-01T12:00:00+00:00", NOON),
        ("2026-07-01T12:00:00-00:00", NOON),
        ("2026-07-01T14:00:00+02:00", NOON),
        ("2026-07-01T14:00:00+0200", NOON),
        ("2026-07-01T14:00:00+02", NOON),
        ("2026-07-01T06:30:00-05:30", NOON),
        ("2026-06-30T23:30:00-12:30", NOON),
        ("2026-07-01T12:00:00.Z", NOON),
        ("2026-07-01T12:00:00.1Z", NOON.replace(microsecond=100_000)),
        ("2026-07-01T12:00:00.1234Z", NOON.replace(microsecond=123_400)),
        ("2026-07-01T12:00:00.123456789Z", NOON.replace(microsecond=123_456)),
        ("2026-07-01T12:00:00,5Z", NOON.replace(microsecond=500_000)),
    ],
)
def test_forms_that_name_an_instant(text: str, at: datetime) -> None:
    read = parse_instant(text)
    assert read == Instant(at)
    assert read.at.tzinfo is UTC


@pytest.mark.parametrize("text", ["2026-07-01T12:00:00", "2026-07-01 12:00:00.000", "2026-07-01T12:00"])
def test_a_missing_zone_is_read_as_utc_and_said(text: str) -> None:
    assert parse_instant(text) == Instant(NOON, is_zone_assumed=True)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2016-12-31T23:59:60.999Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2017-01-01T01:59:60+02:00", datetime(2017, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_leap_second_is_the_next_second(text: str, at: datetime) -> None:
    assert parse_instant(text) == Instant(at, is_leap_second=True)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "yesterday",
            "2026-07-01",
            "12:00:00Z",
            "1751371200",
            "222222017-01-01T00:00:00Z",
            "0001-01-01T00:00:00Z",
        ),
        *("1969-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "0000-00-00T00:00:00Z"),
        *("2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-07-01T24:00:01Z", "2026-07-01T12:60:00Z"),
        *("2026-07-01T12:00:61Z", "2026-07-01T12:00:00+24:00", "2026-07-01T12:00:00+02:60", "2026-07-01T12:00:00 CET"),
        *("2026-07-01T12:00:00ZZ", "-026-07-01T12:00:00Z", "２０２６-07-01T12:00:00Z"),
        *("2026-W27-3T12:00:00Z", "2026-07-01T12:00:00+02:00:30", "2026-07-01T12:00:00Z\0"),
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"date-time|clock|zone|calendar|range|must be"):
        parse_instant(text)


INSTANTS = st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
ZONES = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(INSTANTS, ZONES)
def test_an_instant_is_the_same_in_every_zone(at: datetime, zone: timezone) -> None:
    assert parse_instant(at.astimezone(zone).isoformat()).at == at


@settings(max_examples=100, derandomize=True, deadline=None, database=None)
@given(INSTANTS, ZONES)
def test_what_we_write_is_utc_with_milliseconds(at: datetime, zone: timezone) -> None:
    text = format_instant(at.astimezone(zone))
    assert len(text) == len("2026-07-01T12:00:00.000Z")
    assert parse_instant(text) == Instant(at.replace(microsecond=at.microsecond // 1000 * 1000))


@settings(max_examples=300, derandomize=True, deadline=None, database=None)
@given(st.text(alphabet="0123456789-:.TZ+ ", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        at = parse_instant(text).at
    except ValueError:
        return
    assert at.tzinfo is UTC
