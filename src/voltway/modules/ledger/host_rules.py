"""What a site host gets for a month: a share of the revenue, a fixed fee, the energy reimbursed. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import msgspec

from voltway.kernel.money import Money

WH_PER_KWH = 1000


class Agreement(NamedTuple):
    """What holds for a location from a day on (UTC), until the next one. `share_percent` of the revenue excl. VAT; `fixed`: for
    each month; `energy_price`: major units per kWh, excl. VAT."""

    host_id: str
    location_id: str
    valid_from: date
    currency: str
    share_percent: Decimal
    fixed_minor: int
    energy_price: Decimal


class Sale(NamedTuple):
    """A session that was posted, or credited: then its figures are below zero. `net_minor` excl. VAT."""

    location_id: str
    posted_on: date
    currency: str
    net_minor: int
    energy_wh: int


class StatementLine(msgspec.Struct, frozen=True, kw_only=True):
    """A location in a statement; amounts in minor units of the statement's currency, excl. VAT."""

    location_id: str
    sessions: int
    credited: int
    energy_wh: int
    net_minor: int
    share_minor: int
    fixed_minor: int
    energy_minor: int


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What a host gets for a month in a currency. `left_out`: sessions in another currency than the agreement's."""

    host_id: str
    month: str
    currency: str
    lines: tuple[StatementLine, ...]
    left_out: int = 0

    def total(self, of: str) -> Money:
        """The sum of `share_minor`, `fixed_minor` or `energy_minor`."""
        return Money(sum(getattr(line, of) for line in self.lines), self.currency)

    @property
    def total_minor(self) -> int:
        """What the host gets; below zero: owes."""
        return sum(line.share_minor + line.fixed_minor + line.energy_minor for line in self.lines)


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """When a month (`2026-03`) begins, and the next one (UTC)."""
    start = datetime.strptime(f"{month}-01", "%Y-%m-%d").replace(tzinfo=UTC)
    return start, (start + timedelta(days=32)).replace(day=1)


def in_force(agreements: Iterable[Agreement], location_id: str, on: date) -> Agreement | None:
    """The agreement that holds for a location on a day."""
    held = [one for one in agreements if one.location_id == location_id and one.valid_from <= on]
    return max(held, key=lambda one: one.valid_from, default=None)


def settle(
    host_id: str, month: str, currency: str, agreements: Sequence[Agreement], sales: Iterable[Sale]
) -> Statement:
    """The statement of a host: each sale by the agreement of its day, rounded once for each location and component. The fixed fee is that of
    the agreement in force on the month's last day."""
    _, end = month_bounds(month)
    last_day = (end - timedelta(days=1)).date()
    counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    exact: defaultdict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    left_out = 0
    for sale in sales:
        held = in_force(agreements, sale.location_id, sale.posted_on)
        if held is None or held.host_id != host_id or held.currency != currency:
            continue
        if sale.currency != currency:
            left_out += 1
            continue
        count, sums = counts[sale.location_id], exact[sale.location_id]
        is_credit = sale.net_minor < 0 or sale.energy_wh < 0
        count[is_credit] += 1
        count[2] += sale.energy_wh
        count[3] += sale.net_minor
        sums[0] += Money(sale.net_minor, currency).to_decimal() * held.share_percent / 100
        sums[1] += Decimal(sale.energy_wh) / WH_PER_KWH * held.energy_price
    fixed: dict[str, int] = {}
    for location_id in {one.location_id for one in agreements}:
        held = in_force(agreements, location_id, last_day)
        if held is not None and held.host_id == host_id and held.currency == currency and held.fixed_minor:
            fixed[location_id] = held.fixed_minor
    lines = []
    for location_id in sorted(counts.keys() | fixed.keys()):
        sessions, credited, energy_wh, net_minor = counts[location_id]
        share, energy = (Money.round_from(amount, currency).minor for amount in exact[location_id])
        lines.append(
            StatementLine(
                location_id=location_id,
                sessions=sessions,
                credited=credited,
                energy_wh=energy_wh,
                net_minor=net_minor,
                share_minor=share,
                fixed_minor=fixed.get(location_id, 0),
                energy_minor=energy,
            )
        )
    return Statement(host_id=host_id, month=month, currency=currency, lines=tuple(lines), left_out=left_out)
