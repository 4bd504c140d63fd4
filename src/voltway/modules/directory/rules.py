"""What a place is, which places fit a search, and how they stand. Pure."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from voltway.charging.opening_hours import is_open
from voltway.contracts.directory import ChargeRecord, PublishedEvse, PublishedLocation, PublishedStation
from voltway.contracts.vocabulary import ConnectorStatus
from voltway.kernel.geo import Box, Cells, distance_m, on_map
from voltway.kernel.secrets import derive_key
from voltway.modules.directory.folding import folded
from voltway.modules.directory.prices import EvseKey, Rate, Rates

CODE_BYTES = 5
FREE, TAKEN, DOWN, UNKNOWN = "free", "taken", "out_of_order", "unknown"
_WORST_LAST = (FREE, TAKEN, UNKNOWN, DOWN)
_STATES: Mapping[str, str] = {
    ConnectorStatus.AVAILABLE: FREE,
    ConnectorStatus.OCCUPIED: TAKEN,
    ConnectorStatus.RESERVED: TAKEN,
    ConnectorStatus.UNAVAILABLE: DOWN,
    ConnectorStatus.FAULTED: DOWN,
}


def station_code(secret: bytes, station_id: str) -> str:
    """What a station is called in public: eight letters and digits that say nothing about its identity."""
    return base64.b32encode(derive_key(secret, f"directory:{station_id}")[:CODE_BYTES]).decode()


_MISREAD = str.maketrans({"0": "O", "1": "I", "8": "B", " ": "", "_": "-", "–": "-", "—": "-"})
"""What people type for the characters of a code: Base32 has no 0, 1 and 8."""
_CODE = re.compile(r"([A-Z2-7]{4})-?([A-Z2-7]{4})-([0-9OIB]{1,5})")


def evse_code(secret: bytes, station_id: str, evse_number: int) -> str:
    """What an EVSE is called in public, as it is printed beside it and in its QR code."""
    return f"{station_code(secret, station_id)}-{evse_number}"


def read_code(text: str) -> tuple[str, int] | None:
    """The station's code and the EVSE's number of what somebody read or typed; None: that is no code."""
    found = _CODE.fullmatch(text.strip().upper().translate(_MISREAD))
    if found is None:
        return None
    number = int(found[3].translate(str.maketrans("OIB", "018")))
    return (found[1] + found[2], number) if number else None


def evse_state(station: PublishedStation, evse: PublishedEvse) -> str:
    """free, taken, out_of_order or unknown. One connector in use takes the EVSE; it is out of order when none is in order.
    What a station that is offline has said last is not known to hold."""
    if not station.is_online:
        return UNKNOWN
    states = [_STATES.get(each.status or "", UNKNOWN) for each in evse.connectors]
    if not states:
        return UNKNOWN
    return TAKEN if TAKEN in states else min(states, key=_WORST_LAST.index)


def told_at(evse: PublishedEvse) -> datetime | None:
    """When the EVSE's connectors last said how they are."""
    return max((each.status_at for each in evse.connectors if each.status_at is not None), default=None)


def success_percent(record: ChargeRecord | None) -> int | None:
    """How many of the attempts became charges; None: nobody has tried."""
    return None if record is None or not record.attempts else round(100 * record.successes / record.attempts)


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody looks for; what is not said does not matter."""

    text: str = ""
    box: Box | None = None
    near: tuple[float, float] | None = None
    connector_types: frozenset[str] = frozenset()
    power_w_min: float = 0
    is_free: bool = False
    is_open: bool = False
    access: str | None = None
    price_max: Rate | None = None
    """For a kWh, now. An EVSE whose price per kWh is not known fits, and is shown as one without."""
    operator_id: str | None = None


class Plug(NamedTuple):
    """What of an EVSE a search looks at."""

    key: EvseKey
    types: frozenset[str]
    power_w: float
    state: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A place with what would be worked out anew for each search."""

    place: PublishedLocation
    words: str
    """Name, address and operator, as they are compared."""
    plugs: tuple[Plug, ...]
    states: Mapping[str, int]
    """How many EVSEs are in which state."""
    x: float
    y: float
    """Where it lies on the map (kernel/geo.py); nowhere (-1) without coordinates."""


def entry(place: PublishedLocation) -> Entry:
    """A place, ready to be found."""
    said = (place.name, place.address, place.postal_code, place.city, place.operator_name)
    plugs = tuple(
        Plug(
            (station.station_id, evse.evse_number),
            frozenset(filter(None, (each.type for each in evse.connectors))),
            evse.power_w_max or 0,
            evse_state(station, evse),
        )
        for station in place.stations
        for evse in station.evses
    )
    has_point = place.latitude is not None and place.longitude is not None
    x, y = on_map(place.latitude or 0.0, place.longitude or 0.0) if has_point else (-1.0, -1.0)
    states = Counter(plug.state for plug in plugs)
    return Entry(place=place, words=folded(" ".join(filter(None, said))), plugs=plugs, states=states, x=x, y=y)


def fits(entry: Entry, search: Search, at: datetime, rates: Rates | None = None) -> bool:
    """Whether a place is what somebody looks for. `rates`: what a kWh costs then, where a price is asked for."""
    return all(test(entry, search, at) for test in _TESTS) and _has_evse(entry, search, rates)


def in_order(found: Iterable[Entry], search: Search) -> list[PublishedLocation]:
    """What was found: the nearest first, else by name."""
    if search.near is not None:
        here = search.near
        away = [
            (distance_m(here, (each.place.latitude or 0.0, each.place.longitude or 0.0)), each.place)
            for each in found
            if each.x >= 0
        ]
        return [place for _, place in sorted(away, key=lambda pair: (pair[0], pair[1].location_id))]
    return sorted((each.place for each in found), key=lambda place: (place.name.casefold(), place.location_id))


def _has_text(entry: Entry, search: Search, at: datetime) -> bool:
    return not search.text or all(word in entry.words for word in folded(search.text).split())


def _is_in_box(entry: Entry, search: Search, at: datetime) -> bool:
    place = entry.place
    if search.box is None:
        return True
    return (
        place.latitude is not None and place.longitude is not None and search.box.holds(place.latitude, place.longitude)
    )


def _has_evse(entry: Entry, search: Search, rates: Rates | None) -> bool:
    """One EVSE that fits in every way: a free one elsewhere at the place is no help."""
    price_max = search.price_max
    if not (search.connector_types or search.power_w_min or search.is_free or price_max):
        return True
    return any(
        (not search.connector_types or not search.connector_types.isdisjoint(plug.types))
        and plug.power_w >= search.power_w_min
        and (not search.is_free or plug.state == FREE)
        and (
            price_max is None
            or rates is None
            or is_cheap(rates.of(plug.key, entry.place.time_zone, plug.power_w), price_max)
        )
        for plug in entry.plugs
    )


def is_cheap(rate: Rate | None, price_max: Rate) -> bool:
    """Whether a kWh costs no more; in another currency it does not, and what is not known may."""
    return rate is None or (rate.currency == price_max.currency and rate.amount <= price_max.amount)


def price_ranges(entries: Iterable[Entry], rates: Rates) -> dict[str, tuple[Decimal, Decimal]]:
    """The lowest and the highest price of a kWh, by currency."""
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for entry in entries:
        for plug in entry.plugs:
            rate = rates.of(plug.key, entry.place.time_zone, plug.power_w)
            if rate is not None:
                lowest, highest = found.get(rate.currency, (rate.amount, rate.amount))
                found[rate.currency] = (min(lowest, rate.amount), max(highest, rate.amount))
    return found


def _has_access(entry: Entry, search: Search, at: datetime) -> bool:
    return search.access is None or entry.place.access == search.access


def _is_open(entry: Entry, search: Search, at: datetime) -> bool:
    return not search.is_open or is_open(entry.place.opening_hours, ZoneInfo(entry.place.time_zone), at)


def _is_of_operator(entry: Entry, search: Search, at: datetime) -> bool:
    return search.operator_id is None or entry.place.operator_id == search.operator_id


_TESTS: tuple[Callable[[Entry, Search, datetime], bool], ...] = (
    _is_of_operator,
    _is_in_box,
    _has_text,
    _is_open,
    _has_access,
)


def put_on_map(cells: Cells[PublishedLocation], entries: Iterable[Entry]) -> None:
    """Places into the cells of a map; those without coordinates are left out."""
    for each in entries:
        if each.x >= 0:
            cells.add(
                each.place.latitude or 0.0, each.place.longitude or 0.0, each.states, each.place, at=(each.x, each.y)
            )
