"""Places with their prices, as the API and the pages need them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal

from voltway.charging import tariff_text
from voltway.charging.pricing import Tariff, in_elements
from voltway.contracts.billing import FindTariffs, TariffQuery
from voltway.contracts.bookings import FindPublicQueues, PublicQueue
from voltway.contracts.directory import PublishedLocation
from voltway.kernel import clock
from voltway.kernel.bus.asks import NobodyAnswers
from voltway.kernel.runtime import Runtime
from voltway.modules.directory import rules
from voltway.modules.directory.index import Index
from voltway.modules.directory.prices import EvseKey, Rates
from voltway.modules.directory.schemas import Prices, PublicPlace, place_out

AT_ONCE = 500
"""So many places are looked at before others have their turn on the loop."""


RANGES_KEPT_S = 30.0


async def fitting(runtime: Runtime, search: rules.Search) -> AsyncIterator[list[rules.Entry]]:
    """The places that fit, in parts and in no order."""
    index, now = runtime.state(Index), clock.now()
    entries, rates = index.within(search.box), Rates(index.tariffs, now)
    for begin in range(0, len(entries), AT_ONCE):
        yield [each for each in entries[begin : begin + AT_ONCE] if rules.fits(each, search, now, rates)]
        await asyncio.sleep(0)


async def found(runtime: Runtime, search: rules.Search) -> list[PublishedLocation]:
    """The places that fit: the nearest first if a point is given, else by name."""
    return rules.in_order([each async for part in fitting(runtime, search) for each in part], search)


async def shown(
    runtime: Runtime, places: Sequence[PublishedLocation], locale: str, near: tuple[float, float] | None = None
) -> list[PublicPlace]:
    """Places as everybody sees them now; what it costs, and who waits, is asked for once for all of them."""
    tariffs, queues = await _tariffs(runtime, places), await _queues(runtime, places)
    index, now = runtime.state(Index), clock.now()
    named = {tariff.tariff_id: tariff for tariff in tariffs.values()}
    sentences = {each: tariff_text.describe(in_elements(tariff), locale) for each, tariff in named.items()}
    prices = Prices({key: sentences[tariff.tariff_id] for key, tariff in tariffs.items()}, Rates(tariffs, now))
    return [
        place_out(place, index, prices, runtime.secret, now, near, queues.get(place.location_id)) for place in places
    ]


async def price_ranges(runtime: Runtime) -> dict[str, tuple[Decimal, Decimal]]:
    """The lowest and the highest price of a kWh now, by currency; worked out once in a while."""
    index, now = runtime.state(Index), clock.monotonic()
    until, ranges = index.price_ranges
    if now < until:
        return ranges
    entries, rates = list(index.entries.values()), Rates(index.tariffs, clock.now())
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for begin in range(0, len(entries), AT_ONCE):
        for currency, (low, high) in rules.price_ranges(entries[begin : begin + AT_ONCE], rates).items():
            before = found.get(currency, (low, high))
            found[currency] = (min(low, before[0]), max(high, before[1]))
        await asyncio.sleep(0)
    index.price_ranges = (now + RANGES_KEPT_S, found)
    return found


async def _queues(runtime: Runtime, places: Sequence[PublishedLocation]) -> dict[str, PublicQueue]:
    nothing: dict[str, PublicQueue] = {}
    wanted = FindPublicQueues(location_ids=tuple(place.location_id for place in places))
    return await runtime.ask_or(wanted, nothing) if places else nothing


async def _tariffs(runtime: Runtime, places: Sequence[PublishedLocation]) -> dict[EvseKey, Tariff]:
    queries = tuple(
        TariffQuery(
            operator_id=place.operator_id,
            location_id=place.location_id,
            station_id=station.station_id,
            evse_number=evse.evse_number,
        )
        for place in places
        for station in place.stations
        for evse in station.evses
    )
    if not queries:
        return {}
    try:
        found = await runtime.ask(FindTariffs(queries=queries))
    except NobodyAnswers:
        return {}
    return {
        (query.station_id, query.evse_number or 0): tariff
        for query, tariff in zip(queries, found, strict=True)
        if tariff is not None
    }
