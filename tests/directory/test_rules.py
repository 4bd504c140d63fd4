"""How places stand, which fit a search, and the words of a browser's languages."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.charging import tariffs
from voltway.charging.opening_hours import OpenPeriod
from voltway.charging.pricing import Tariff
from voltway.contracts.directory import (
    ChargeRecord,
    PublishedConnector,
    PublishedEvse,
    PublishedLocation,
    PublishedStation,
)
from voltway.kernel.geo import Box, Cell, Cells, cells_across, distance_m
from voltway.modules.directory import html, rules
from voltway.modules.directory.index import Index
from voltway.modules.directory.prices import Rate, Rates, rate
from voltway.modules.directory.rules import Search
from voltway.modules.directory.schemas import Prices, place_out
from voltway.modules.directory.words import LANGUAGES, WORDS, language_of

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)  # a Monday
SECRET = b"x" * 32


def an_evse(
    *statuses: str | None, number: int = 1, type: str = "cCCS2", power_w: float | None = 150_000
) -> PublishedEvse:
    connectors = tuple(
        PublishedConnector(connector_number=each, type=type, status=status, status_at=NOON)
        for each, status in enumerate(statuses, start=1)
    )
    return PublishedEvse(evse_number=number, power_w_max=power_w, connectors=connectors)


def a_station(*evses: PublishedEvse, is_online: bool = True, id: str = "s1") -> PublishedStation:
    return PublishedStation(station_id=id, name=None, is_online=is_online, evses=evses)


def a_place(id: str = "p1", *stations: PublishedStation, **changes: Any) -> PublishedLocation:
    fields: dict[str, Any] = {
        "location_id": id,
        "operator_id": "o1",
        "operator_name": "Acme",
        "name": f"Place {id}",
        "address": "Ringstraße 1",
        "city": "Köln",
        "postal_code": "50667",
        "country": "DE",
        "latitude": 50.94,
        "longitude": 6.96,
        "time_zone": "Europe/Berlin",
        "opening_hours": None,
        "help_phone": None,
        "directions": None,
        "facilities": (),
        "stations": stations,
    }
    return PublishedLocation(**fields | changes)


def found(search: Search, *places: PublishedLocation) -> list[str]:
    fitting = [each for each in map(rules.entry, places) if rules.fits(each, search, NOON)]
    return [place.location_id for place in rules.in_order(fitting, search)]


@pytest.mark.parametrize(
    ("statuses", "is_online", "state"),
    [
        (("Available",), True, "free"),
        (("Available", "Occupied"), True, "taken"),
        (("Reserved",), True, "taken"),
        (("Available", "Faulted"), True, "free"),
        (("Unavailable", "Faulted"), True, "out_of_order"),
        ((None,), True, "unknown"),
        ((), True, "unknown"),
        (("Available",), False, "unknown"),
    ],
)
def test_state_of_an_evse(statuses: tuple[str | None, ...], is_online: bool, state: str) -> None:
    assert rules.evse_state(a_station(is_online=is_online), an_evse(*statuses)) == state


@pytest.mark.parametrize(("attempts", "successes", "percent"), [(0, 0, None), (3, 2, 67), (4, 4, 100), (2, 0, 0)])
def test_success(attempts: int, successes: int, percent: int | None) -> None:
    record = ChargeRecord(station_id="s", evse_number=1, attempts=attempts, successes=successes, last_success_at=None)
    assert rules.success_percent(record) == percent


def test_distance() -> None:
    berlin, paris = (52.5200, 13.4050), (48.8566, 2.3522)
    assert distance_m(berlin, paris) == pytest.approx(877_500, rel=0.002)
    assert distance_m((0, 179.9), (0, -179.9)) == pytest.approx(22_239, rel=0.002)


def test_search_by_words_wherever_they_stand() -> None:
    here, there = a_place("a"), a_place("b", city="Bonn", operator_name="Other")
    assert found(Search(text="köln ring"), here, there) == ["a"]
    assert found(Search(text="OTHER"), here, there) == ["b"]
    assert found(Search(text=""), there, here) == ["a", "b"]


def test_search_wants_one_evse_that_fits_in_every_way() -> None:
    slow_free = an_evse("Available", number=1, type="sType2", power_w=22_000)
    fast_taken = an_evse("Occupied", number=2)
    place = a_place("a", a_station(slow_free, fast_taken))
    assert found(Search(power_w_min=100_000), place) == ["a"]
    assert found(Search(is_free=True), place) == ["a"]
    assert found(Search(is_free=True, power_w_min=100_000), place) == []
    assert found(Search(connector_types=frozenset({"sType2"}), is_free=True), place) == ["a"]


def test_search_by_part_of_the_map() -> None:
    cologne, fiji = a_place("a"), a_place("b", latitude=-17.7, longitude=178.0)
    nowhere = a_place("c", latitude=None, longitude=None)
    around = Box(west=6, south=50, east=8, north=52)
    over_the_date_line = Box(west=170, south=-30, east=-170, north=0)
    assert found(Search(box=around), cologne, fiji, nowhere) == ["a"]
    assert found(Search(box=over_the_date_line), cologne, fiji, nowhere) == ["b"]


def test_nearest_comes_first_and_what_has_no_point_not_at_all() -> None:
    far, near = a_place("far", latitude=48.1, longitude=11.6), a_place("near")
    assert found(Search(near=(50.9, 7.0)), far, a_place("none", latitude=None), near) == ["near", "far"]


def test_search_for_what_is_open() -> None:
    night = (OpenPeriod(weekday=0, begin=time(22), end=time(6)),)
    assert found(Search(is_open=True), a_place("a"), a_place("b", opening_hours=night)) == ["a"]


points = st.tuples(st.floats(-89, 89), st.floats(-179, 179))


def places_at(points: list[tuple[float, float]]) -> list[PublishedLocation]:
    evse = an_evse("Available")
    return [
        a_place(str(number), a_station(evse, id=str(number)), latitude=latitude, longitude=longitude)
        for number, (latitude, longitude) in enumerate(points)
    ]


def clustered(places: list[PublishedLocation], across: float) -> list[Cell[PublishedLocation]]:
    cells: Cells[PublishedLocation] = Cells(across)
    rules.put_on_map(cells, map(rules.entry, places))
    return cells.all()


@given(st.lists(points, max_size=30), st.floats(1, 1000))
def test_clusters_hold_every_place_once_and_lie_among_their_places(
    points: list[tuple[float, float]], across: float
) -> None:
    clusters = clustered(places_at(points), across)
    assert sum(each.things for each in clusters) == sum(each.counts["free"] for each in clusters) == len(points)
    for each in clusters:
        assert each.west - 1e-9 <= each.longitude <= each.east + 1e-9
        assert each.south - 1e-9 <= each.latitude <= each.north + 1e-9


@given(st.lists(points, max_size=60), points, st.floats(0, 24), st.floats(0.01, 350), st.floats(0.01, 80))
def test_no_part_of_the_map_has_more_clusters_than_can_be_drawn(
    points: list[tuple[float, float]], corner: tuple[float, float], zoom: float, width: float, height: float
) -> None:
    east = (corner[1] + width + 180) % 360 - 180
    box = Box(west=corner[1], south=corner[0], east=east, north=min(corner[0] + height, 89.9))
    across = cells_across(box, zoom, 80, 40, 12)
    assert across * box.width / 360 <= 40 + 1e-6
    inside = [place for place in places_at(points) if box.holds(place.latitude or 0, place.longitude or 0)]
    assert len(clustered(inside, across)) <= 42 * 42


@given(st.lists(points, max_size=40), points, st.floats(0.01, 350), st.floats(0.01, 80))
def test_index_gives_every_place_of_a_box(
    points: list[tuple[float, float]], corner: tuple[float, float], width: float, height: float
) -> None:
    east = (corner[1] + width + 180) % 360 - 180
    box = Box(west=corner[1], south=corner[0], east=east, north=corner[0] + height)
    index, places = Index(), places_at(points)
    index.put(places, SECRET)
    index.put(places[::2], SECRET)  # anew, and not twice
    inside = {each.location_id for each in places if box.holds(each.latitude or 0, each.longitude or 0)}
    given = [each.place.location_id for each in index.within(box)]
    assert inside <= set(given)
    assert len(given) == len(set(given))


def test_search_in_a_town_looks_at_the_places_around_it_only() -> None:
    """50,000 EVSEs in Europe; what is looked at is what takes time."""
    index = Index()
    evses = tuple(an_evse("Available", number=number) for number in range(1, 5))
    station = a_station(*evses)
    everywhere = (
        a_place(str(number), station, latitude=36 + number % 125 * 0.28, longitude=-9 + number // 125 * 0.38)
        for number in range(12_500)
    )
    index.put(everywhere, SECRET)
    town = Box(west=9.8, south=53.4, east=10.2, north=53.7)
    assert 0 < len(index.within(town)) <= 30
    europe = Box(west=-11, south=35, east=32, north=72)
    assert len(index.within(europe)) == 12_500
    clusters = clustered([each.place for each in index.within(europe)], cells_across(europe, 20, 80, 40, 12))
    assert len(clusters) <= 42 * 42
    assert sum(each.counts["free"] for each in clusters) == 50_000
    for number in range(12_500):
        index.forget(str(number))
    assert index.within(europe) == []


@pytest.mark.parametrize(
    ("chosen", "accepted", "expected"),
    [
        ("de", "en", "de"),
        ("xx", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, "fr,de;q=0.5,en;q=0.7", "en"),
        (None, "", "en"),
        (None, "de;q=nonsense", "de"),
        (None, "fr", "en"),
    ],
)
def test_language(chosen: str | None, accepted: str, expected: str) -> None:
    assert language_of(chosen, accepted) == expected


def test_every_language_has_every_word() -> None:
    assert all(WORDS[language].keys() == WORDS["en"].keys() for language in LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_escape_what_others_have_written(language: str) -> None:
    bad = '</script><script>alert("x")</script>&"\''
    place = a_place(
        bad, a_station(an_evse("Available", type=bad)), name=bad, address=bad, directions=bad, operator_name=bad
    )
    shown = place_out(place, Index(), Prices({("s1", 1): bad}, Rates({}, NOON)), SECRET, NOON)
    for text in (html.place_page(shown, language), html.list_page([shown], 1, {"text": bad}, language, 50)):
        assert "<script>alert" not in text
        assert text.count("</script>") == text.count('<script type="application/ld+json">')


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("ABCD2345-1", ("ABCD2345", 1)),
        ("abcd 2345 - 12", ("ABCD2345", 12)),
        ("ABCD-2345-1", ("ABCD2345", 1)),
        ("A8CD0345-10", ("ABCDO345", 10)),
        ("ABCD2345-0", None),
        ("ABCD2345", None),
        ("ABCD2345-1/..", None),
        ("", None),
    ],
)
def test_code_is_read_as_people_type_it(typed: str, read: tuple[str, int] | None) -> None:
    assert rules.read_code(typed) == read


def test_code_that_is_made_is_read() -> None:
    code = rules.evse_code(b"s" * 32, "station", 10)
    assert rules.read_code(code.lower()) == (rules.station_code(b"s" * 32, "station"), 10)


# ---- prices and access


def a_tariff(id: str = "t1", **prices: str) -> Tariff:
    given = {"price_per_kwh": "0.40", "price_per_minute": "0", "start_fee": "0", "vat_percent": "19"} | prices
    return Tariff(
        tariff_id=id, version=1, name="Day", currency="EUR", **{name: Decimal(value) for name, value in given.items()}
    )


def a_full_tariff(*elements: tuple[str, dict[str, Any]], id: str = "t2") -> Tariff:
    made = tuple(
        tariffs.Element(
            components=(tariffs.Component(dimension=tariffs.Dimension.ENERGY, price=Decimal(price)),),
            restrictions=tariffs.Restrictions(**rule),
        )
        for price, rule in elements
    )
    full = tariffs.Tariff(currency="EUR", elements=made, taxes=tariffs.Taxes.INCLUDED)
    return msgspec.structs.replace(a_tariff(id), full=full)


BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = {"start_time": time(22), "end_time": time(6)}


@pytest.mark.parametrize(
    ("tariff", "power_w", "at", "price"),
    [
        (a_tariff(), 22_000, NOON, "0.4760"),
        (a_tariff(price_per_kwh="0", price_per_minute="0.10"), 22_000, NOON, None),
        (a_tariff(price_per_kwh="0"), 22_000, NOON, "0.0000"),
        # 21:00 UTC is 23:00 in Berlin
        (a_full_tariff(("0.25", NIGHT), ("0.50", {})), 0, NOON.replace(hour=21), "0.2500"),
        (a_full_tariff(("0.25", NIGHT), ("0.50", {})), 0, NOON, "0.5000"),
        (a_full_tariff(("0.25", NIGHT)), 0, NOON, "0.0000"),
        (a_full_tariff(("0.79", {"min_power": Decimal(50)}), ("0.49", {})), 150_000, NOON, "0.7900"),
        (a_full_tariff(("0.79", {"min_power": Decimal(50)}), ("0.49", {})), 11_000, NOON, "0.4900"),
        (a_full_tariff(("0.10", {"min_kwh": Decimal(20)}), ("0.49", {})), 11_000, NOON, "0.4900"),
        (a_full_tariff(("9", {"reservation": tariffs.ReservationRule.USED}), ("0.49", {})), 0, NOON, "0.4900"),
    ],
)
def test_price_of_a_kwh_is_that_of_a_session_begun_now_with_its_taxes(
    tariff: Tariff, power_w: float, at: datetime, price: str | None
) -> None:
    found = rate(tariff, BERLIN, power_w, at)
    assert (None if found is None else str(found.amount)) == price


@pytest.mark.parametrize(
    ("price_max", "finds"),
    [
        (Rate(Decimal("0.476"), "EUR"), ["cheap", "unpriced"]),
        (Rate(Decimal("0.475"), "EUR"), ["unpriced"]),
        (Rate(Decimal(1), "EUR"), ["cheap", "dear", "unpriced"]),
        (Rate(Decimal(1), "CHF"), ["unpriced"]),
        (None, ["cheap", "dear", "unpriced"]),
    ],
)
def test_a_price_filter_keeps_what_has_no_price_to_be_said_so(price_max: Rate | None, finds: list[str]) -> None:
    places = [a_place(name, a_station(an_evse("Available"), id=name)) for name in ("cheap", "dear", "unpriced")]
    rates = Rates({("cheap", 1): a_tariff("t1"), ("dear", 1): a_tariff("t2", price_per_kwh="0.80")}, NOON)
    search = Search(price_max=price_max)
    assert [each.location_id for each in places if rules.fits(rules.entry(each), search, NOON, rates)] == finds
    assert rules.price_ranges(map(rules.entry, places), rates) == {"EUR": (Decimal("0.476"), Decimal("0.952"))}


def test_a_dear_free_plug_beside_a_cheap_taken_one_is_no_cheap_free_plug() -> None:
    place = a_place("p", a_station(an_evse("Available"), an_evse("Occupied", number=2)))
    rates = Rates({("s1", 1): a_tariff("t1", price_per_kwh="0.80"), ("s1", 2): a_tariff("t2")}, NOON)
    cheap = Rate(Decimal("0.50"), "EUR")
    assert rules.fits(rules.entry(place), Search(price_max=cheap), NOON, rates)
    assert not rules.fits(rules.entry(place), Search(price_max=cheap, is_free=True), NOON, rates)


def test_access_is_found_only_where_it_is_said() -> None:
    places = [a_place("open", access="public"), a_place("hotel", access="restricted"), a_place("silent")]
    for access, finds in (("public", ["open"]), ("restricted", ["hotel"]), (None, ["open", "hotel", "silent"])):
        fit = [each.location_id for each in places if rules.fits(rules.entry(each), Search(access=access), NOON)]
        assert fit == finds
