"""Towns are found by what people type of them."""

from __future__ import annotations

import pytest

from voltway.kernel.geo import WORLD, Box
from voltway.modules.directory.folding import folded, spelled_out
from voltway.modules.directory.gazetteer import Gazetteer, shipped


@pytest.fixture(scope="module")
def towns() -> Gazetteer:
    return shipped()


@pytest.mark.parametrize(
    ("typed", "name", "country"),
    [
        ("hamb", "Hamburg", "DE"),
        ("HAMBURG", "Hamburg", "DE"),
        ("zurich", "Zürich", "CH"),
        ("zuerich", "Zürich", "CH"),
        ("lodz", "Łódź", "PL"),
        ("München", "Munich", "DE"),
        ("muenchen", "Munich", "DE"),
        ("Mailand", "Milan", "IT"),
        ("北京", "Beijing", "CN"),
        ("hambrug", "Hamburg", "DE"),
        ("frankfrt", "Frankfurt am Main", "DE"),
        ("berlni", "Berlin", "DE"),
        ("Paris", "Paris", "FR"),
        ("Paris, us", "Paris", "US"),
        ("new york", "New York City", "US"),
    ],
)
def test_what_is_typed_finds_the_town_that_is_meant(towns: Gazetteer, typed: str, name: str, country: str) -> None:
    first = towns.find(typed)[0]
    assert (first.name, first.country) == (name, country)


def test_a_town_nearby_comes_before_a_larger_one_far_away(towns: Gazetteer) -> None:
    assert towns.find("paris")[0].country == "FR"
    assert towns.find("paris", near=(33.66, -95.56))[0].country == "US"


def test_nothing_is_made_up(towns: Gazetteer) -> None:
    assert towns.find("x") == towns.find("qqqqqq") == towns.find("") == towns.find(",,") == []
    assert len(towns.find("san", most=5)) == 5


def test_a_word_inside_a_name_is_found_after_those_that_begin_with_it(towns: Gazetteer) -> None:
    names = [town.name for town in towns.find("main", most=30)]
    assert "Frankfurt am Main" in names
    only_inside = Gazetteer([town for town in towns.towns if town.name == "Frankfurt am Main"])
    assert [town.name for town in only_inside.find("am main")] == ["Frankfurt am Main"]


def test_a_map_has_its_largest_towns_and_no_crowd(towns: Gazetteer) -> None:
    world = [town.name for town in towns.largest(WORLD, 1, 8, 80)]
    assert "Shanghai" in world
    assert len(world) <= 64
    around_hamburg = Box(west=9, south=53, east=11, north=54)
    names = [town.name for town in towns.largest(around_hamburg, 9, 2000, 80)]
    assert names[0] == "Hamburg"
    assert 10 < len(names) <= 80
    assert all(around_hamburg.holds(t.latitude, t.longitude) for t in towns.largest(around_hamburg, 9, 2000, 80))


def test_marks_and_umlauts_make_no_difference() -> None:
    assert folded("Łódź-Górna  'X") == "lodz gorna x"
    assert spelled_out("Köln") == "koeln"
    assert folded("Straße") == "strasse"
