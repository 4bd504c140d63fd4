"""The towns that the platform knows by itself, so that a place is found without asking anybody.

46,000 towns of at least 5,000 people (assets/towns.tsv.gz, written by tools/gazetteer.mjs), by what is typed of their names: from
their beginning or from a word in them, without marks, with one letter wrong; the ones with most people and those nearby first.
"""

from __future__ import annotations

import gzip
import heapq
import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import NamedTuple

from voltway.kernel.geo import Box, distance_m, on_map, square_of
from voltway.modules.directory.folding import folded, spelled_out

ATTRIBUTION = "GeoNames (CC BY 4.0)"
TYPED_MIN, WRONG_FROM = 2, 4
"""Shorter texts are not looked for, or not with a letter wrong."""
CANDIDATES_MAX = 400
NEAR_M, NEAR_WORTH = 50_000, 2.5
"""A town here is worth as much as one with three hundred times its people; half of that 50 km from here."""
EXACT_WORTH, INNER_WORTH, WRONG_WORTH = 1.5, -1.5, -1.0
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_AT_ZOOM = ((3, 250), (5, 1_500), (7, 8_000))
"""Below this zoom only so many of the largest towns are written on a map."""


class Town(NamedTuple):
    """A town. `country` is its ISO 3166-1 code, `region` a code that people write (`NM`), mostly empty."""

    name: str
    country: str
    region: str
    people: int
    latitude: float
    longitude: float


class Gazetteer:
    """Towns, the largest first, and how they are called besides: (name, country) -> other names."""

    def __init__(self, towns: Iterable[Town], also: dict[tuple[str, str], tuple[str, ...]] | None = None) -> None:
        self.towns = tuple(towns)
        also = dict(also or {})
        names: list[tuple[str, int]] = []
        self._squares: dict[tuple[int, int], list[int]] = {}
        for number, town in enumerate(self.towns):
            # the other names belong to the largest town that is called so
            for name in dict.fromkeys(_spellings((town.name, *also.pop((town.name, town.country), ())))):
                names += ((name[begin:], number) for begin in _word_beginnings(name))
            self._squares.setdefault(square_of(town.latitude, town.longitude), []).append(number)
        names.sort()
        self._names = [name for name, _ in names]
        self._numbers = [number for _, number in names]

    def find(self, text: str, near: tuple[float, float] | None = None, most: int = 8) -> list[Town]:
        """The towns that are probably meant. After a comma: the country's or the region's code (`Springfield, IL`)."""
        wanted, _, rest = text.partition(",")
        typed, codes = folded(wanted), folded(rest)
        if len(typed) < TYPED_MIN:
            return []
        found = self._ranked(dict.fromkeys(self._beginning_with(typed), 0.0), typed, near, most, codes)
        if len(found) < most and len(typed) >= WRONG_FROM:
            known = set(found)
            wrong = (number for variant in _one_wrong(typed) for number in self._beginning_with(variant))
            others = {number: WRONG_WORTH for number in wrong if number not in known}
            found += self._ranked(others, typed, near, most - len(found), codes)
        return [self.towns[number] for number in found]

    def largest(self, box: Box, zoom: float, across: float, most: int) -> list[Town]:
        """The towns to write on a part of a map: the largest of each cell, so many cells lying side by side around the Earth."""
        limit = next((many for below, many in _AT_ZOOM if zoom < below), None)
        if limit is not None:
            numbers: Iterable[int] = range(min(limit, len(self.towns)))
        else:
            squares = (square for square in self._squares if box.touches(square))
            numbers = sorted(number for square in squares for number in self._squares[square])
        taken: dict[tuple[int, int], Town] = {}
        for number in numbers:
            town = self.towns[number]
            if box.holds(town.latitude, town.longitude):
                x, y = on_map(town.latitude, town.longitude)
                taken.setdefault((int(x * across), int(y * across)), town)
                if len(taken) >= most:
                    break
        return list(taken.values())

    def _beginning_with(self, typed: str) -> list[int]:
        begin, end = bisect_left(self._names, typed), bisect_left(self._names, typed + "\U0010ffff")
        return heapq.nsmallest(CANDIDATES_MAX, self._numbers[begin:end])  # by people: towns are in that order

    def _ranked(
        self, worth: dict[int, float], typed: str, near: tuple[float, float] | None, most: int, codes: str
    ) -> list[int]:
        scored = []
        for number, bonus in worth.items():
            town = self.towns[number]
            if codes and not any(code.casefold().startswith(codes) for code in (town.country, town.region) if code):
                continue
            name = folded(town.name)
            score = bonus + math.log10(town.people) + EXACT_WORTH * (name == typed)
            score += INNER_WORTH * (f" {typed}" in name and not name.startswith(typed))
            if near is not None:
                score += NEAR_WORTH / (1 + distance_m(near, (town.latitude, town.longitude)) / NEAR_M)
            scored.append((-score, number))
        return [number for _, number in heapq.nsmallest(most, scored)]


def _spellings(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield folded(name)
        if not name.isascii():
            yield spelled_out(name)


def _word_beginnings(name: str) -> Iterator[int]:
    at = 0
    while at >= 0:
        yield at and at + 1
        at = name.find(" ", at + 1)


def _one_wrong(text: str) -> set[str]:
    """The texts that become this one by one letter left out, added, changed, or two in the other order."""
    halves = [(text[:at], text[at:]) for at in range(len(text) + 1)]
    return (
        {left + right[1:] for left, right in halves if right}
        | {left + right[1] + right[0] + right[2:] for left, right in halves if len(right) > 1}
        | {left + letter + right[1:] for left, right in halves if right for letter in _LETTERS}
        | {left + letter + right for left, right in halves for letter in _LETTERS}
    ) - {text}


def shipped() -> Gazetteer:
    """The towns that come with the platform; reading them takes about half a second."""
    assets = files("voltway.modules.directory") / "assets"
    lines = gzip.decompress((assets / "towns.tsv.gz").read_bytes()).decode().splitlines()
    also = (line.split("\t") for line in (assets / "also.tsv").read_text("utf-8").splitlines())
    return Gazetteer(map(_town, lines), {(name, country): tuple(others) for name, country, *others in also})


def _town(line: str) -> Town:
    name, country, region, people, latitude, longitude = line.split("\t")
    return Town(name, country, region, int(people), int(latitude) / 1000, int(longitude) / 1000)
