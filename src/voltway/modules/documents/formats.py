"""Numbers, money and instants as a reader of a language writes them (CLDR, by Babel). Exact: nothing passes through a float."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers

from voltway.kernel.money import Money, exponent

_LOCALES = {"en": "en_GB", "de": "de_DE", "zh": "zh_CN"}
_WH = Decimal(1000)


def money(amount: Money, language: str) -> str:
    """`€12.34`, `12,34 €`; as many decimals as the currency has."""
    digits = exponent(amount.currency)
    shown: str = numbers.format_currency(
        amount.to_decimal(),
        amount.currency,
        locale=_LOCALES[language],
        format=_pattern(language, digits),
        currency_digits=False,
    )
    return shown.replace("-", "\u2212")


def _pattern(language: str, digits: int) -> str:
    places = f".{'0' * digits}" if digits else ""
    return f"#,##0{places}\u00a0¤" if language == "de" else f"¤#,##0{places}"


def rate(price: Decimal, currency: str, language: str) -> str:
    """A price per unit: at least as many decimals as the currency has, and all that it has."""
    digits = max(exponent(currency), _places(price))
    shown: str = numbers.format_currency(
        price, currency, locale=_LOCALES[language], format=_pattern(language, digits), currency_digits=False
    )
    return shown


def number(value: Decimal, language: str, places: int | None = None) -> str:
    """A number with all its decimals, or with so many."""
    digits = _places(value) if places is None else places
    pattern = f"#,##0{'.' + '0' * digits if digits else ''}"
    shown: str = numbers.format_decimal(value, locale=_LOCALES[language], format=pattern)
    return shown.replace("-", "\u2212")


def percent(value: Decimal, language: str) -> str:
    """`19 %` where one writes so, else `19%`."""
    shown = number(value, language)
    return f"{shown}\u00a0%" if language == "de" else f"{shown}%"


def energy(energy_wh: int | Decimal, language: str) -> str:
    """Wh as kWh, to the watt-hour."""
    return f"{number(Decimal(energy_wh) / _WH, language, 3)}\u00a0kWh"


def day(at: datetime, time_zone: str, language: str) -> str:
    """A date."""
    return dates.format_date(at.astimezone(ZoneInfo(time_zone)), "long", locale=_LOCALES[language])


def short_day(at: datetime, time_zone: str, language: str) -> str:
    """A date for tables."""
    return dates.format_date(at.astimezone(ZoneInfo(time_zone)), "medium", locale=_LOCALES[language])


def month(at: datetime, time_zone: str, language: str) -> str:
    """`November 2026`."""
    return dates.format_skeleton("yMMMM", at.astimezone(ZoneInfo(time_zone)), locale=_LOCALES[language])


def instant(at: datetime, time_zone: str, language: str) -> str:
    """A date with the time to the second, and how far the clock was from UTC: it tells the two hours of a night apart."""
    local = at.astimezone(ZoneInfo(time_zone))
    shown = f"{dates.format_date(local, 'medium', locale=_LOCALES[language])}, {local:%H:%M:%S}"
    return f"{shown} ({dates.format_datetime(local, 'OOOO', locale='en').replace('GMT', 'UTC')})"


def country(code: str, language: str) -> str:
    """The name of a country; its code where it has none."""
    name: str = Locale.parse(_LOCALES[language]).territories.get(code.upper(), code)
    return name


def duration(seconds: int, language: str) -> str:
    """`1:04:09`: hours, minutes, seconds."""
    minutes, rest = divmod(max(seconds, 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d} h"


def _places(value: Decimal) -> int:
    exponent_of = value.normalize().as_tuple().exponent
    return max(0, -exponent_of) if isinstance(exponent_of, int) else 0
