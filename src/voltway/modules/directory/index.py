"""All that is published, in memory of this process (Runtime.state)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from voltway.charging.pricing import Tariff
from voltway.contracts.directory import ChargeRecord, PublishedLocation
from voltway.kernel.geo import Box, square_of
from voltway.modules.directory import rules
from voltway.modules.directory.rules import Entry, entry


class Index:
    """The places by their id, and what is still to be read."""

    def __init__(self) -> None:
        self.places: dict[str, PublishedLocation] = {}
        self.entries: dict[str, Entry] = {}
        """The same, ready to be found."""
        self._squares: dict[tuple[int, int], dict[str, Entry]] = {}
        """Those with coordinates, by the square of one degree in which they lie."""
        self.place_of_station: dict[str, str] = {}
        self.stations_of_code: dict[str, frozenset[str]] = {}
        """Public code of a station -> the stations that have it: nearly always one."""
        self.charges: dict[tuple[str, int], ChargeRecord] = {}
        """By station and EVSE."""
        self.tariffs: dict[tuple[str, int], Tariff] = {}
        """The tariff that holds now, by station and EVSE; those without one are left out."""
        self.priced_at: dict[str, float] = {}
        """Station -> when its tariffs were last looked up (monotonic clock)."""
        self.price_ranges: tuple[float, dict[str, tuple[Decimal, Decimal]]] = (float("-inf"), {})
        """Until when they hold (monotonic clock), and the lowest and highest price of a kWh by currency."""
        self.changed_locations: set[str] = set()
        self.changed_stations: set[str] = set()
        self.read_at: float | None = None
        """When all of it was last read (monotonic clock)."""
        self.counted_at: dict[str, float] = {}
        """Station -> when its charges were last counted (monotonic clock)."""

    def put(self, places: Iterable[PublishedLocation], secret: bytes) -> None:
        """Places as they are now. `secret`: the installation's, of which public codes are made."""
        for place in places:
            known = _evses(self.places.get(place.location_id))
            for station_id, _ in _evses(place) - known:
                self.priced_at.pop(station_id, None)
            self.forget(place.location_id)
            self.places[place.location_id] = place
            self.entries[place.location_id] = made = entry(place)
            if place.latitude is not None and place.longitude is not None:
                self._squares.setdefault(square_of(place.latitude, place.longitude), {})[place.location_id] = made
            self.place_of_station |= {station.station_id: place.location_id for station in place.stations}
            for station in place.stations:
                code = rules.station_code(secret, station.station_id)
                self.stations_of_code[code] = self.stations_of_code.get(code, frozenset()) | {station.station_id}

    def forget(self, location_id: str) -> None:
        """A place that is not published any more, or is about to be put anew."""
        place = self.places.pop(location_id, None)
        self.entries.pop(location_id, None)
        if place is not None and place.latitude is not None and place.longitude is not None:
            square = square_of(place.latitude, place.longitude)
            self._squares[square].pop(location_id)
            if not self._squares[square]:
                del self._squares[square]
        for station in place.stations if place is not None else ():
            if self.place_of_station.get(station.station_id) == location_id:
                del self.place_of_station[station.station_id]

    def station_of_code(self, code: str) -> str | None:
        """The station of a public code. Where two have the same one, neither is meant: nobody pays for another's charge."""
        found = [each for each in self.stations_of_code.get(code, ()) if each in self.place_of_station]
        return found[0] if len(found) == 1 else None

    def within(self, box: Box | None) -> list[Entry]:
        """Those that may lie in a part of the map, and few others: the search looks at no more than these."""
        if box is None:
            return list(self.entries.values())
        squares = [square for square in self._squares if box.touches(square)]
        return [each for square in squares for each in self._squares[square].values()]

    def take_changed(self, most: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Locations and stations that are to be read again, not more than so many of each."""
        stations = tuple(self.changed_stations)[:most]
        self.changed_stations.difference_update(stations)
        here = {self.place_of_station[each] for each in stations if each in self.place_of_station}
        locations = tuple(self.changed_locations | here)[: 2 * most]
        self.changed_locations.difference_update(locations)
        return locations, stations


def _evses(place: PublishedLocation | None) -> set[tuple[str, int]]:
    stations = () if place is None else place.stations
    return {(station.station_id, evse.evse_number) for station in stations for evse in station.evses}
