"""Pure rules of reports: on which day something counts, what of a tax belongs to which rate, why a start is no success."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from voltway.charging.pricing import Cost
from voltway.charging.uptime import Span, State, union
from voltway.contracts.vocabulary import ConnectorStatus
from voltway.kernel.money import Money

STATES: Mapping[str, State] = {
    ConnectorStatus.AVAILABLE: State.AVAILABLE,
    ConnectorStatus.OCCUPIED: State.OCCUPIED,
    ConnectorStatus.RESERVED: State.RESERVED,
    ConnectorStatus.UNAVAILABLE: State.UNAVAILABLE,
    ConnectorStatus.FAULTED: State.FAULTED,
}
PERIODS = ("day", "week", "month")

# ---- days


def day_of(at: datetime, zone: ZoneInfo) -> str:
    """The local day of an instant, as 2026-03-29."""
    return at.astimezone(zone).date().isoformat()


def begins_at(day: date, zone: ZoneInfo) -> datetime:
    """When a local day begins, UTC. A midnight that the clock change skips is read with the offset of before it: that is the
    first instant of the day."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def days_of(started_at: datetime, ended_at: datetime, zone: ZoneInfo) -> dict[str, int]:
    """The seconds that a session took of each local day; days of 23 and 25 hours are as long as they are."""
    found: dict[str, int] = {}
    at, ends = int(started_at.timestamp()), int(ended_at.timestamp())
    day = started_at.astimezone(zone).date()
    while at < ends:
        day += timedelta(days=1)
        midnight = max(int(begins_at(day, zone).timestamp()), at)
        until = min(midnight, ends)
        if until > at:
            found[(day - timedelta(days=1)).isoformat()] = until - at
        at = until
    return found


def period_of(day: str, period: str) -> str:
    """The first day of the day, week (from Monday) or month that a day belongs to."""
    if period == "day":
        return day
    if period == "month":
        return f"{day[:7]}-01"
    on = date.fromisoformat(day)
    return (on - timedelta(days=on.weekday())).isoformat()


def next_period(on: date, period: str) -> date:
    """The first day of the period after the one that begins on a day."""
    if period == "day":
        return on + timedelta(days=1)
    if period == "week":
        return on + timedelta(days=7)
    return date(on.year + on.month // 12, on.month % 12 + 1, 1)


def period_before(on: date, period: str) -> tuple[date, date]:
    """The whole period that had ended when a day began: its first day, and the day after its last."""
    until = date.fromisoformat(period_of(on.isoformat(), period))
    return date.fromisoformat(period_of((until - timedelta(days=1)).isoformat(), period)), until


# ---- opening hours


def closed_spans(windows: Sequence[Mapping[str, Any]] | None, zone: ZoneInfo, begins: int, ends: int) -> list[Span]:
    """When a location is closed. `windows`: `{"weekdays": [0 Monday …], "begins": "08:00", "ends": "18:00"}`; an end not after
    its beginning is of the next day. None: always open."""
    if windows is None:
        return []
    opened: list[tuple[int, int]] = []
    first = datetime.fromtimestamp(begins, zone).date() - timedelta(days=1)
    last = datetime.fromtimestamp(ends, zone).date()
    for on in _days(first, last):
        for window in windows:
            if on.weekday() in window["weekdays"]:
                opens, closes = time.fromisoformat(window["begins"]), time.fromisoformat(window["ends"])
                closes_on = on if closes > opens else on + timedelta(days=1)
                opened.append((_instant(on, opens, zone), _instant(closes_on, closes, zone)))
    closed: list[tuple[int, int]] = []
    at = begins
    for span in union(opened):
        if span.ends <= begins or span.begins >= ends:
            continue
        closed.append((at, span.begins))
        at = span.ends
    closed.append((at, ends))
    return union(closed)


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


def _instant(on: date, at: time, zone: ZoneInfo) -> int:
    return int(datetime.combine(on, at, zone).timestamp())


# ---- money


def taxes_of(cost: Cost) -> list[tuple[str, int, int]]:
    """The net amount and the VAT of each rate, in minor units, as (per cent, net, VAT); the VATs sum up to the cost's own.

    A cost says its VAT as a whole. With several rates each is rounded by itself, and what rounding leaves over goes to the rate
    with the largest VAT.
    """
    currency = cost.incl_vat.currency
    net: dict[Decimal, int] = {}
    for line in cost.lines:
        net[line.vat_percent] = net.get(line.vat_percent, 0) + line.amount.minor
    if not net:
        return []
    rates = sorted(net)
    vat = {
        rate: Money.round_from(Money(net[rate], currency).to_decimal() * rate / 100, currency).minor for rate in rates
    }
    largest = max(rates, key=lambda rate: (abs(vat[rate]), rate))
    vat[largest] += cost.vat.minor - sum(vat.values())
    return [(_plain(rate), net[rate], vat[rate]) for rate in rates]


def _plain(rate: Decimal) -> str:
    return format(rate.normalize() + 0, "f")


# ---- starts


def cause_of_session(energy_wh: int, wh_min: int, *, was_faulted: bool) -> str | None:
    """Why a session is no success; None: it is one. A fault of the EVSE that began while it ran ended it."""
    if energy_wh <= 0:
        return "no_energy"
    if energy_wh < wh_min:
        return "too_little_energy"
    return "fault_while_charging" if was_faulted else None


def cause_of_start(state: str, effect: str | None) -> str | None:
    """Why an order to start brought no session; None: it did, or it is not known yet."""
    if state in ("rejected", "failed", "timed_out", "offline"):
        return f"start_{state}"
    return "no_transaction" if state == "accepted" and effect == "no_session" else None


def rate(part: int | float, whole: int | float) -> float | None:
    """A share in per cent, to two decimals; None of nothing."""
    return None if not whole else round(100.0 * part / whole, 2)


def add_up(rows: Iterable[Mapping[str, Any]], key: Sequence[str], sums: Sequence[str]) -> dict[tuple[Any, ...], Any]:
    """Rows added up by some of their fields: key -> {sum: total}."""
    found: dict[tuple[Any, ...], dict[str, int]] = {}
    for row in rows:
        total = found.setdefault(tuple(row[name] for name in key), dict.fromkeys(sums, 0))
        for name in sums:
            total[name] += int(row[name] or 0)
    return found


def short(text: str) -> str:
    """Sixteen characters that stand for a text that is too long, or too personal, for a key."""
    return hashlib.sha256(text.casefold().encode()).hexdigest()[:16]
