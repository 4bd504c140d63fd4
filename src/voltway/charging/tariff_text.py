"""A tariff in the words that a driver reads before the start, in the order that the EU's AFIR demands: the price per kWh, per minute,
per session, then everything else. Prices with taxes, as consumers are told them. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import NamedTuple

from voltway.charging.costing import to_decimal
from voltway.charging.tariffs import Component, Dimension, Element, Restrictions, Tariff, Taxes

_FOUR_PLACES = Decimal("0.0001")
ORDER = (Dimension.ENERGY, Dimension.TIME, Dimension.PARKING_TIME, Dimension.FLAT)


class Words(NamedTuple):
    """The words of one language. `days`: from Monday."""

    per: Mapping[Dimension, str]
    days: tuple[str, ...]
    clock: str
    from_clock: str
    until_clock: str
    day_of: str
    dates: str
    from_date: str
    until_date: str
    above: str
    below: str
    after: str
    within: str
    reserved: str
    expired: str
    least: str
    most: str
    free: str
    join: str
    decimal: str


LANGUAGES: Mapping[str, Words] = {
    "en": Words(
        per={
            Dimension.ENERGY: "{price} per kWh",
            Dimension.TIME: "{price} per minute of charging",
            Dimension.PARKING_TIME: "{price} per minute when the car no longer charges",
            Dimension.FLAT: "{price} per session",
        },
        days=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        clock="{start}–{end}",
        from_clock="from {start}",
        until_clock="until {end}",
        day_of="{days}",
        dates="{start} to {end}",
        from_date="from {start}",
        until_date="until {end}",
        above="from {value} {unit}",
        below="below {value} {unit}",
        after="after {value}",
        within="in the first {value}",
        reserved="for a reservation: ",
        expired="for a reservation that nobody uses: ",
        least="at least {price}",
        most="at most {price}",
        free="free of charge",
        join="; ",
        decimal=".",
    ),
    "de": Words(
        per={
            Dimension.ENERGY: "{price} je kWh",
            Dimension.TIME: "{price} je Minute Ladezeit",
            Dimension.PARKING_TIME: "{price} je Minute, wenn das Auto nicht mehr lädt",
            Dimension.FLAT: "{price} je Ladevorgang",
        },
        days=("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
        clock="{start}–{end} Uhr",
        from_clock="ab {start} Uhr",
        until_clock="bis {end} Uhr",
        day_of="{days}",
        dates="{start} bis {end}",
        from_date="ab {start}",
        until_date="bis {end}",
        above="ab {value} {unit}",
        below="unter {value} {unit}",
        after="nach {value}",
        within="in den ersten {value}",
        reserved="für eine Reservierung: ",
        expired="für eine nicht genutzte Reservierung: ",
        least="mindestens {price}",
        most="höchstens {price}",
        free="kostenlos",
        join="; ",
        decimal=",",
    ),
    "zh": Words(
        per={
            Dimension.ENERGY: "每千瓦时 {price}",
            Dimension.TIME: "充电每分钟 {price}",
            Dimension.PARKING_TIME: "停止充电后每分钟 {price}",
            Dimension.FLAT: "每次 {price}",
        },
        days=("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
        clock="{start}–{end}",
        from_clock="{start} 起",
        until_clock="{end} 前",
        day_of="{days}",
        dates="{start} 至 {end}",
        from_date="{start} 起",
        until_date="{end} 前",
        above="{value} {unit} 起",
        below="低于 {value} {unit}",
        after="{value} 后",
        within="前 {value}",
        reserved="预约：",
        expired="预约未使用：",
        least="最低 {price}",
        most="最高 {price}",
        free="免费",
        join="；",
        decimal=".",
    ),
}


def describe(tariff: Tariff, locale: str = "en") -> str:
    """The sentence, in the language of the locale if it is one of ours, else in English."""
    words = _words(locale)
    return words.join.join(_parts(tariff, words)) or words.free


def lines(tariff: Tariff, locale: str = "en") -> list[str]:
    """The same, a price in each line: they stand in the order that the law demands."""
    words = _words(locale)
    return _parts(tariff, words) or [words.free]


def _words(locale: str) -> Words:
    return LANGUAGES.get(locale.partition("-")[0].lower(), LANGUAGES["en"])


def _parts(tariff: Tariff, words: Words) -> list[str]:
    parts = [
        part
        for is_reservation in (False, True)
        for dimension in ORDER
        for element in tariff.elements
        if (element.restrictions.reservation is not None) is is_reservation
        if (part := _part(tariff, element, dimension, words))
    ]
    for limit, word in ((tariff.min_price, words.least), (tariff.max_price, words.most)):
        amount = None if limit is None else limit.incl_vat if limit.incl_vat is not None else limit.excl_vat
        if amount is not None:
            parts.append(word.format(price=_money(amount, tariff.currency, words)))
    return parts


def _part(tariff: Tariff, element: Element, dimension: Dimension, words: Words) -> str:
    component = element.component(dimension)
    if component is None or (not component.price and element.restrictions == Restrictions()):
        return ""
    rule = element.restrictions
    head = "" if rule.reservation is None else words.expired if rule.reservation.endswith("EXPIRES") else words.reserved
    when = _when(rule, words)
    price = words.per[dimension].format(price=_price(tariff, component, words))
    return f"{head}{price}{f' ({when})' if when else ''}"


def _price(tariff: Tariff, component: Component, words: Words) -> str:
    """With its tax; an hour's price as a minute's."""
    price = Fraction(component.price)
    if tariff.taxes is Taxes.EXCLUDED and component.vat_percent is not None:
        price *= 1 + Fraction(component.vat_percent) / 100
    if component.dimension in (Dimension.TIME, Dimension.PARKING_TIME):
        price /= 60
    return _money(to_decimal(price), tariff.currency, words)


def _money(amount: Decimal, currency: str, words: Words) -> str:
    """With two to four digits: prices per kWh and minute have more than the currency."""
    text = format(amount.quantize(_FOUR_PLACES, ROUND_HALF_UP), "f").rstrip("0")
    whole, _, digits = text.partition(".")
    return f"{whole}{words.decimal}{digits.ljust(2, '0')} {currency}"


def _when(rule: Restrictions, words: Words) -> str:
    said: list[str] = []
    if rule.weekdays is not None:
        said.append(words.day_of.format(days=_days(rule.weekdays, words)))
    start, end = rule.start_time, rule.end_time
    said += _range(
        None if start is None else f"{start:%H:%M}",
        None if end is None else f"{end:%H:%M}" if end != end.min else "24:00",
        (words.clock, words.from_clock, words.until_clock),
    )
    said += _range(rule.start_date, rule.end_date, (words.dates, words.from_date, words.until_date))
    for low, high, unit in (
        (rule.min_kwh, rule.max_kwh, "kWh"),
        (rule.min_power, rule.max_power, "kW"),
        (rule.min_current, rule.max_current, "A"),
    ):
        if low:
            said.append(words.above.format(value=low, unit=unit))
        if high is not None:
            said.append(words.below.format(value=high, unit=unit))
    if rule.min_duration:
        said.append(words.after.format(value=_length(rule.min_duration)))
    if rule.max_duration is not None:
        said.append(words.within.format(value=_length(rule.max_duration)))
    return ", ".join(said)


def _range(start: object, end: object, forms: tuple[str, str, str]) -> list[str]:
    both, only_start, only_end = forms
    if start is not None and end is not None:
        return [both.format(start=start, end=end)]
    if start is not None:
        return [only_start.format(start=start)]
    return [only_end.format(end=end)] if end is not None else []


def _days(weekdays: frozenset[int], words: Words) -> str:
    ordered = sorted(weekdays)
    if len(ordered) > 2 and ordered == list(range(ordered[0], ordered[-1] + 1)):
        return f"{words.days[ordered[0]]}–{words.days[ordered[-1]]}"
    return ", ".join(words.days[day] for day in ordered)


def _length(seconds: int) -> str:
    if seconds % 3600 == 0:
        return f"{seconds // 3600} h"
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"
