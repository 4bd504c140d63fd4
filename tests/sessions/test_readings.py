"""The digest of what a meter said: alike for readings played again, and for nothing else."""

from __future__ import annotations

import pytest

from voltway.modules.sessions.readings import Reading, digest

FIRST: list[Reading] = [(1_000 + 180 * minute, 11_000.0, 16.0, 230.0) for minute in range(10)]


def test_readings_played_again_are_alike() -> None:
    assert digest(FIRST) is not None
    assert digest(list(FIRST)) == digest(FIRST)
    assert digest([each for each in FIRST for _ in range(2)]) == digest(FIRST), "told twice"


@pytest.mark.parametrize(
    "other",
    [
        [(energy + 1_620 if energy is not None else None, *rest) for energy, *rest in FIRST],
        [(energy, 10_999.0, current, voltage) for energy, _, current, voltage in FIRST],
        FIRST[:-1],
    ],
    ids=["the same power later", "another power", "one less"],
)
def test_other_readings_differ(other: list[Reading]) -> None:
    assert digest(other) not in (None, digest(FIRST))


@pytest.mark.parametrize("few", [[], FIRST[:4], [FIRST[0]] * 50, [(None, 1.0, None, None)] * 9])
def test_too_few_readings_tell_nothing(few: list[Reading]) -> None:
    assert digest(few) is None
