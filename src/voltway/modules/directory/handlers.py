"""How the directory keeps in step with what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from voltway.contracts.billing import FindTariffs, TariffQuery, TariffsAssigned
from voltway.contracts.directory import (
    FindPublicPoint,
    ListPublished,
    LocationChanged,
    PublicPoint,
    SummarizeCharges,
)
from voltway.contracts.stations import ConnectorStatusChanged, StationChanged
from voltway.kernel import clock
from voltway.kernel.bus.asks import NobodyAnswers
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.directory import rules
from voltway.modules.directory.index import Index
from voltway.modules.directory.settings import DirectorySettings

AT_ONCE = 200


async def on_location_changed(runtime: Runtime, tx: Tx, events: Sequence[LocationChanged]) -> None:
    """Locations to be read again."""
    runtime.state(Index).changed_locations.update(event.location_id for event in events)


async def on_station_changed(
    runtime: Runtime, tx: Tx, events: Sequence[StationChanged | ConnectorStatusChanged]
) -> None:
    """Stations whose places are to be read again."""
    runtime.state(Index).changed_stations.update(event.station_id for event in events)


async def keep_in_step(runtime: Runtime) -> None:
    """A job: read what has changed, now and then all of it."""
    index, now = runtime.state(Index), clock.monotonic()
    try:
        if index.read_at is None or now - index.read_at >= runtime.settings(DirectorySettings).read_again_s:
            index.read_at = now
            await _read_all(runtime, index)
        while index.changed_locations or index.changed_stations:
            await _read_changed(runtime, index)
    except NobodyAnswers:
        return  # the module stations runs elsewhere, and is away: the next round reads all
    except BaseException:
        index.read_at = None
        raise


async def _read_all(runtime: Runtime, index: Index) -> None:
    gone, after_id = set(index.places), ""
    while True:
        found = await runtime.ask(ListPublished(after_id=after_id, limit=AT_ONCE))
        index.put(found, runtime.secret)
        gone.difference_update(place.location_id for place in found)
        if len(found) < AT_ONCE:
            break
        after_id = found[-1].location_id
    for location_id in gone:
        index.forget(location_id)


async def _read_changed(runtime: Runtime, index: Index) -> None:
    locations, stations = index.take_changed(AT_ONCE)
    found = await runtime.ask(ListPublished(location_ids=locations, station_ids=stations))
    index.put(found, runtime.secret)
    for location_id in set(locations) - {place.location_id for place in found}:
        index.forget(location_id)


async def find_public_point(runtime: Runtime, request: FindPublicPoint) -> PublicPoint | None:
    """An EVSE by its code, or by its station."""
    index, station_id, evse_number = runtime.state(Index), request.station_id, request.evse_number
    if request.code is not None:
        read = rules.read_code(request.code)
        if read is None:
            return None
        station_id, evse_number = index.station_of_code(read[0]), read[1]
    place = index.places.get(index.place_of_station.get(station_id or "", ""))
    for number, station in enumerate(() if place is None else place.stations, start=1):
        if place is None or station.station_id != station_id or evse_number is None:
            continue
        if evse_number in {evse.evse_number for evse in station.evses}:
            code = rules.evse_code(runtime.secret, station.station_id, evse_number)
            return PublicPoint(
                code=code, location=place, station=station, station_number=number, evse_number=evse_number
            )
    return None


async def on_tariffs_assigned(runtime: Runtime, tx: Tx, events: Sequence[TariffsAssigned]) -> None:
    """Operators whose tariffs are to be looked up again."""
    index, theirs = runtime.state(Index), {event.operator_id for event in events}
    for place in index.places.values():
        if place.operator_id in theirs:
            for station in place.stations:
                index.priced_at.pop(station.station_id, None)


async def look_up_prices(runtime: Runtime) -> None:
    """A job: look up the tariffs of the stations where that is too long ago."""
    index, again_s = runtime.state(Index), runtime.settings(DirectorySettings).prices_again_s
    for station_id in index.priced_at.keys() - index.place_of_station.keys():
        del index.priced_at[station_id]
    now, never = clock.monotonic(), float("-inf")
    due = [each for each in index.place_of_station if now - index.priced_at.get(each, never) >= again_s]
    try:
        for begin in range(0, len(due), AT_ONCE):
            await _look_up(runtime, index, set(due[begin : begin + AT_ONCE]))
    except NobodyAnswers:
        return  # the module billing runs elsewhere, and is away: the next round asks again


async def _look_up(runtime: Runtime, index: Index, station_ids: set[str]) -> None:
    # Before the question: what is assigned while it is answered makes them due once more.
    index.priced_at |= dict.fromkeys(station_ids, clock.monotonic())
    places = {index.place_of_station[each] for each in station_ids if each in index.place_of_station}
    queries = tuple(
        TariffQuery(
            operator_id=place.operator_id,
            location_id=place.location_id,
            station_id=station.station_id,
            evse_number=evse.evse_number,
        )
        for place in (index.places[each] for each in places)
        for station in place.stations
        if station.station_id in station_ids
        for evse in station.evses
    )
    try:
        found = await runtime.ask(FindTariffs(queries=queries))
    except BaseException:
        for station_id in station_ids:
            index.priced_at.pop(station_id, None)
        raise
    for query, tariff in zip(queries, found, strict=True):
        key = (query.station_id, query.evse_number or 0)
        if tariff is None:
            index.tariffs.pop(key, None)
        else:
            index.tariffs[key] = tariff


async def count_charges(runtime: Runtime) -> None:
    """A job: count the charges of the stations where that is the oldest."""
    index, settings, now = runtime.state(Index), runtime.settings(DirectorySettings), clock.monotonic()
    for station_id in index.counted_at.keys() - index.place_of_station.keys():
        del index.counted_at[station_id]
    due = [
        station_id
        for station_id in index.place_of_station
        if now - index.counted_at.get(station_id, float("-inf")) >= settings.charges_again_s
    ][:AT_ONCE]
    if not due:
        return
    since = clock.now() - timedelta(days=settings.charges_days)
    try:
        records = await runtime.ask(SummarizeCharges(station_ids=tuple(due), since=since))
    except NobodyAnswers:
        return
    index.counted_at |= dict.fromkeys(due, now)
    stale = set(due)
    index.charges = {key: record for key, record in index.charges.items() if key[0] not in stale}
    index.charges |= {(each.station_id, each.evse_number): each for each in records}
