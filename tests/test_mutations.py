"""The list of `make mutate`: each entry can still be made, so that no mutation is lost unnoticed between two runs of it."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LISTED = tomllib.loads((ROOT / "tests" / "mutations.toml").read_text(encoding="utf-8"))["mutation"]


def test_every_mutation_changes_text_that_stands_there_once() -> None:
    gone = [one["name"] for one in LISTED if (ROOT / one["file"]).read_text(encoding="utf-8").count(one["old"]) != 1]
    assert gone == [], "mend tests/mutations.toml: what these change is not there once any more"
    assert all(one["old"] != one["new"] for one in LISTED)


def test_every_mutation_names_tests_that_are_there() -> None:
    assert [
        one["name"] for one in LISTED if not one["tests"] or not all((ROOT / test).exists() for test in one["tests"])
    ] == []
    assert len({one["name"] for one in LISTED}) == len(LISTED) >= 40
