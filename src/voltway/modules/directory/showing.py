"""Places with their prices, as the API and the pages need them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from voltway.contracts.billing import DescribeTariffs, TariffQuery
from voltway.contracts.bookings import FindPublicQueues, PublicQueue
from voltway.contracts.directory import PublishedLocation
from voltway.kernel import clock
from voltway.kernel.bus.asks import NobodyAnswers
from voltway.kernel.runtime import Runtime
from voltway.modules.directory import rules
from voltway.modules.directory.index import Index
from voltway.modules.directory.schemas import Prices, PublicPlace, place_out

AT_ONCE = 500
"""So many places are looked at before others have their turn on the loop."""


async def fitting(runtime: Runtime, search: rules.Search) -> AsyncIterator[list[rules.Entry]]:
    """The places that fit, in parts and in no order."""
    entries, now = runtime.state(Index).within(search.box), clock.now()
    for begin in range(0, len(entries), AT_ONCE):
        yield [each for each in entries[begin : begin + AT_ONCE] if rules.fits(each, search, now)]
        await asyncio.sleep(0)


async def found(runtime: Runtime, search: rules.Search) -> list[PublishedLocation]:
    """The places that fit: the nearest first if a point is given, else by name."""
    return rules.in_order([each async for part in fitting(runtime, search) for each in part], search)


async def shown(
    runtime: Runtime, places: Sequence[PublishedLocation], locale: str, near: tuple[float, float] | None = None
) -> list[PublicPlace]:
    """Places as everybody sees them now; what it costs, and who waits, is asked for once for all of them."""
    prices, queues = await _prices(runtime, places, locale), await _queues(runtime, places)
    index, now = runtime.state(Index), clock.now()
    return [
        place_out(place, index, prices, runtime.secret, now, near, queues.get(place.location_id)) for place in places
    ]


async def _queues(runtime: Runtime, places: Sequence[PublishedLocation]) -> dict[str, PublicQueue]:
    nothing: dict[str, PublicQueue] = {}
    wanted = FindPublicQueues(location_ids=tuple(place.location_id for place in places))
    return await runtime.ask_or(wanted, nothing) if places else nothing


async def _prices(runtime: Runtime, places: Sequence[PublishedLocation], locale: str) -> Prices:
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
        sentences = await runtime.ask(DescribeTariffs(queries=queries, locale=locale))
    except NobodyAnswers:
        return {}
    return {
        (query.station_id, query.evse_number or 0): sentence for query, sentence in zip(queries, sentences, strict=True)
    }
