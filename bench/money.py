"""What money costs: sessions priced and facts posted in a second, and a month's report among many sessions."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

import postings
import reports
from voltway.charging import metered, pricing
from voltway.charging.metered import Metered, Reading
from voltway.charging.tariffs import Component, Dimension, Element, Restrictions, Tariff

POSTGRESQL = "postgresql://postgres@127.0.0.1:5432/test"
AT = datetime(2026, 3, 28, 20, tzinfo=UTC)
"""The evening before the clocks change in Berlin: the session lasts over midnight and over that hour."""
READINGS, EVERY = 360, timedelta(minutes=1)
VAT = Decimal(19)
BY_DAY_AND_NIGHT = Tariff(
    currency="EUR",
    elements=(
        Element(
            components=(Component(dimension=Dimension.ENERGY, price=Decimal("0.29"), vat_percent=VAT),),
            restrictions=Restrictions(start_time=time_of_day(22), end_time=time_of_day(6)),
        ),
        Element(
            components=(
                Component(dimension=Dimension.ENERGY, price=Decimal("0.45"), vat_percent=VAT),
                Component(dimension=Dimension.PARKING_TIME, price=Decimal(6), vat_percent=VAT),
                Component(dimension=Dimension.FLAT, price=Decimal("0.50"), vat_percent=VAT),
            )
        ),
    ),
)


async def measure(folder: Path, *, seconds: float, facts: int, sessions: int) -> dict[str, Any]:
    """`seconds` of pricing, `facts` to post, `sessions` among which reports are made."""
    posted = await postings.measure(f"sqlite:///{folder / 'ledger.db'}", facts)
    return {
        "priced_per_s": await asyncio.to_thread(_priced_per_s, seconds),
        "readings": READINGS,
        **posted,
        "reports": await reports.measure(POSTGRESQL, sessions) if await _answers() else None,
    }


def _priced_per_s(seconds: float) -> float:
    """Sessions of six hours with a reading every minute, by a tariff with two prices of energy, idle time and a fee."""
    readings = tuple(Reading(at=AT + number * EVERY, energy_wh=number * 60) for number in range(1, READINGS + 1))
    used = Metered(
        started_at=AT,
        known_until=AT + READINGS * EVERY,
        meter_start_wh=0,
        energy_wh=READINGS * 60,
        idle_from=AT + 300 * EVERY,
        readings=readings,
    )
    count, zone, began = 0, ZoneInfo("Europe/Berlin"), time.perf_counter()
    while time.perf_counter() - began < seconds:
        pricing.price_usage(BY_DAY_AND_NIGHT, metered.usage_of(used, zone))
        count += 1
    return round(count / (time.perf_counter() - began), 1)


async def _answers() -> bool:
    try:
        connection = await asyncpg.connect(POSTGRESQL, timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    await connection.close()
    return True
